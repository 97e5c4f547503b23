#include "running.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

using namespace weir;
using namespace std::chrono_literals;

TEST_CASE("a wall clock that jumps to and fro under load stops nothing, and sets nothing off") {
  const support::jumping_clock clock;
  fault::bed bed;
  fault::running now{bed, bed.environment(clock.variables())};
  const auto run = now.weir.metric("weir_run");
  now.load.start(20'000, 1ms);
  // Further than every time that a setting holds. More than an hour ahead a broker takes nothing.
  for (const std::chrono::minutes jump : {45min, -45min, -1200min, 45min, 0min}) {
    INFO("off by " << jump.count() << " minutes");
    clock.set(jump);
    const auto before = bed.delivered();
    now.weir.wait_for("records after the jump", [&] { return bed.delivered() > before + 200; });
    CHECK(now.weir.get("/ready").body.find("streaming") == 0);
    CHECK(now.weir.get("/health").status == 200);
  }
  CHECK(now.weir.metric("weir_run") == run);
  now.load.cancel();
  now.check_recovery();

  const auto records = bed.kafka().read_prefix(bed.prefix + ".public.");
  const auto [first, last] =
      std::minmax_element(records.begin(), records.end(),
                          [](const auto& a, const auto& b) { return a.timestamp_ms < b.timestamp_ms; });
  CHECK(std::chrono::milliseconds{last->timestamp_ms - first->timestamp_ms} > 20h);
}

TEST_CASE("a wall clock so far ahead that the broker takes nothing is waited for, and makes no dead letters") {
  const support::jumping_clock clock;
  fault::bed bed;
  fault::running now{bed, bed.environment(clock.variables())};
  clock.set(100h);
  now.load.start(300);
  now.weir.wait_for("/ready to turn red", [&] { return now.weir.get("/ready").status == 503; });
  CHECK(now.weir.get("/health").status == 200);
  clock.set(0h);
  now.check_recovery();
  CHECK(bed.kafka().count(bed.prefix + ".dead-letters") == 0);
}
