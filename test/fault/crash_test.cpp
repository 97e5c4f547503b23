#include "bed.hpp"

#include <base/lsn.hpp>

#include <catch2/catch_test_macros.hpp>

#include <map>
#include <random>
#include <regex>

using namespace weir;
using namespace std::chrono_literals;

namespace {

/// The moments at which weir is killed: the same in every run, unless a failure shows another seed to look at.
constexpr unsigned seed = 20;

/// Where each run began: what was stored when it did. The first record of a run is written before anything of
/// it is sent.
std::map<std::uint64_t, lsn> starts_of_runs(fault::bed& bed) {
  std::map<std::uint64_t, lsn> starts;
  const std::regex form{R"re("lsn":"([0-9A-F/]+)","run":(\d+))re"};
  for (const auto& each : bed.kafka().read({bed.prefix + ".state"})) {
    std::smatch found;
    if (!each.value || !std::regex_search(*each.value, found, form)) continue;
    const auto at = lsn::parse(found[1].str());
    REQUIRE(at.has_value());
    starts.try_emplace(std::stoull(found[2].str()), *at);
  }
  return starts;
}

void check_that_runs_begin_at_what_was_stored(fault::bed& bed) {
  const auto starts = starts_of_runs(bed);
  int early = 0;
  int unknown = 0;
  for (const auto& each : bed.kafka().read_prefix(bed.prefix + ".public.")) {
    const auto seen = support::observe(each);
    const auto start = starts.find(seen.run);
    if (start == starts.end()) ++unknown;
    if (start != starts.end() && seen.at.commit < start->second) ++early;
  }
  CHECK(unknown == 0);
  CHECK(early == 0);
}

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
  check_that_runs_begin_at_what_was_stored(bed);
}
