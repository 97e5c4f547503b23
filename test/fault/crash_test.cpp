#include "bed.hpp"

#include <catch2/catch_test_macros.hpp>

#include <random>

using namespace weir;
using namespace std::chrono_literals;

namespace {

/// The moments at which weir is killed: the same in every run, unless a failure shows another seed to look at.
constexpr unsigned seed = 20;

}  // namespace

TEST_CASE(
    "SIGKILL again and again under a mixed load: every committed row arrives, and only what was not stored "
    "comes "
    "again") {
  const int crashes = fault::is_long() ? 200 : 10;
  fault::bed bed;
  support::mixed_load load{bed.postgres.conninfo()};
  std::mt19937 random{seed};
  std::uniform_int_distribution<int> life_ms{0, 900};

  for (int n = 0; n < crashes; ++n) {
    support::weir_process weir{bed.environment()};
    // Every third one dies while it starts, wherever that may be.
    if (n % 3 != 2) weir.wait_until_ready();
    if (!load.is_running()) {
      if (n > 0) load.finish();
      load.start(2000);
    }
    support::give_time(std::chrono::milliseconds{life_ms(random)});
    weir.kill();
  }
  support::weir_process last{bed.environment()};
  last.wait_until_ready();
  load.finish();
  bed.drain(last);
  CHECK(last.stop().code == 0);

  const auto found = bed.check_delivery();
  CHECK(found.runs > 1);
  bed.check_only_unstored_came_again();
}
