#include "../bed.hpp"
#include "lifetime.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

using namespace weir;
using namespace std::chrono_literals;

namespace {

/// Instrumented code is there to find errors, not figures: a third of the time will do.
std::chrono::seconds length() {
  if (fault::is_long()) return 10min;
  return fault::is_release ? 60s : 20s;
}

/// What the allocator may still be settling, over the second half of the time.
constexpr double memory_that_comes_and_goes_kib = 4 * 1024;

}  // namespace

TEST_CASE("a soak: under steady load memory, tasks and descriptors have no slope", "[memory]") {
  fault::bed bed;
  support::mixed_load load{bed.postgres.conninfo()};
  support::weir_process weir{bed.environment()};
  weir.wait_until_ready();
  load.start(300);
  load.finish();
  const auto before = bed.at_quiesce(weir);

  fault::lifetime life;
  const auto began = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  };
  const auto end = began + length();
  // One transaction after the other, with the walsender and the connections going away now and then.
  constexpr int transactions_each = 200;
  auto next_fault = began + 10s;
  load.start(transactions_each, 2ms);
  while (std::chrono::steady_clock::now() < end) {
    if (!load.is_running()) {
      load.finish();
      load.start(transactions_each, 2ms);
    }
    if (std::chrono::steady_clock::now() > next_fault) {
      bed.postgres.exec("select pg_terminate_backend(active_pid) from pg_replication_slots where active");
      next_fault += 10s;
    }
    support::give_time(500ms);
    // Between two runs a few tasks are missing: that is no slope.
    weir.wait_for("the stream", [&] {
      const auto tasks = fault::bed::figures_now(weir).tasks;
      return std::all_of(before.tasks.begin(), before.tasks.end(),
                         [&](const auto& each) { return tasks.contains(each.first); });
    });
    life.look(weir, seconds());
  }
  load.finish();
  const auto grown = life.memory_slope() * seconds() / 2;
  WARN(life.describe("s"));
  // A position on its way, a look at the slot, a connection being made.
  CHECK(life.spread(&fault::lifetime::sample::tasks) <= 4);
  CHECK(life.spread(&fault::lifetime::sample::descriptors) <= 4);
  if (fault::is_release) CHECK(grown < memory_that_comes_and_goes_kib);
  bed.check_nothing_leaked(weir, before);
  CHECK(weir.stop().code == 0);
  bed.check_delivery();
}
