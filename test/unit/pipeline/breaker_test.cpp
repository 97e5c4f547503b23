#include <pipeline/breaker.hpp>

#include <catch2/catch_test_macros.hpp>

#include <vector>

using namespace std::chrono_literals;
using weir::steady_time;
using weir::pipeline::breaker;
using state = breaker::state;

namespace {

struct guarded {
  breaker gate{10s, 100ms, 5s};
  steady_time now{1h};
  guarded() { gate.on_new_handle(now); }

  /// Seconds of ticks with so many records out; how many probes went out.
  int ticks(int seconds, std::size_t outstanding) {
    int probes = 0;
    for (int n = 0; n < seconds * 4; ++n) {
      now += 250ms;
      probes += gate.tick(now, outstanding) ? 1 : 0;
    }
    return probes;
  }
};

}  // namespace

TEST_CASE_METHOD(guarded, "002-8 a breaker stays closed while reports come, however slowly") {
  for (int n = 0; n < 100; ++n) {
    CHECK(ticks(9, 1000) == 0);
    gate.on_good_report(now);
  }
  CHECK(gate.is() == state::closed);
  CHECK(gate.opened_times() == 0);
}

TEST_CASE_METHOD(guarded,
                 "002-8 an idle target never opens its breaker, and gets the whole time when it starts") {
  CHECK(ticks(3600, 0) == 0);
  CHECK(ticks(9, 5) == 0);
  CHECK(gate.is() == state::closed);
}

TEST_CASE_METHOD(guarded, "002-8 a frozen broker opens the breaker: records are out and nothing is reported") {
  CHECK(ticks(9, 7) == 0);
  CHECK(gate.lets_through());
  (void)ticks(1, 7);
  CHECK(gate.is() == state::open);
  CHECK_FALSE(gate.lets_through());
  CHECK(gate.why() == "7 records are out and none was reported for 10 s");
  CHECK(gate.opened_times() == 1);
}

TEST_CASE_METHOD(guarded,
                 "002-8 probes wait longer each time, with jitter, up to the cap, for as long as it takes") {
  gate.on_unreachable(now, "all brokers are down");
  CHECK(gate.why() == "all brokers are down");
  CHECK_FALSE(gate.tick(now, 3));
  std::vector<weir::steady_clock::duration> waits;
  auto last = now;
  for (int n = 0; n < 60; ++n) {
    now = gate.next_probe();
    CHECK_FALSE(gate.tick(now - 1ms, 3));
    CHECK(gate.tick(now, 3));
    waits.push_back(now - last);
    last = now;
  }
  CHECK(waits.front() >= 50ms);
  CHECK(waits.front() <= 100ms);
  auto whole = 100ms;
  for (const auto wait : waits) {
    CHECK(wait >= whole / 2);
    CHECK(wait <= whole);
    whole = std::min(2 * whole, 5000ms);
  }
  CHECK(gate.opened_times() == 1);
}

TEST_CASE_METHOD(guarded, "002-8 an answer half-opens the breaker, a good report closes it") {
  gate.on_unreachable(now, "all brokers are down");
  (void)ticks(600, 3);
  gate.on_reachable(now);
  CHECK(gate.is() == state::half_open);
  CHECK(gate.lets_through());
  CHECK(ticks(9, 3) == 0);
  gate.on_good_report(now);
  CHECK(gate.is() == state::closed);
  CHECK(gate.why().empty());
}

TEST_CASE_METHOD(guarded, "002-8 a half-open breaker opens again when nothing is reported") {
  gate.on_unreachable(now, "all brokers are down");
  gate.on_reachable(now);
  (void)ticks(10, 3);
  CHECK(gate.is() == state::open);
  CHECK(gate.opened_times() == 2);
}

TEST_CASE_METHOD(guarded, "002-8 a half-open breaker with nothing out gives the first record the whole time") {
  gate.on_unreachable(now, "all brokers are down");
  gate.on_reachable(now);
  (void)ticks(60, 0);
  CHECK(ticks(9, 1) == 0);
  CHECK(gate.is() == state::half_open);
}

TEST_CASE_METHOD(guarded,
                 "002-8 a target that comes and goes is probed ever more rarely until a report is good") {
  auto last = now;
  for (int n = 0; n < 20; ++n) {
    gate.on_unreachable(now, "gone");
    last = now;
    now = gate.next_probe();
    CHECK(gate.tick(now, 1));
    gate.on_reachable(now);
  }
  CHECK(now - last >= 2500ms);
  gate.on_good_report(now);
  gate.on_unreachable(now, "gone");
  CHECK(gate.next_probe() - now <= 100ms);
}

TEST_CASE_METHOD(guarded,
                 "an answer means nothing to a closed breaker, another failure nothing to an open one") {
  gate.on_reachable(now);
  CHECK(gate.is() == state::closed);
  gate.on_unreachable(now, "first");
  const auto next = gate.next_probe();
  gate.on_unreachable(now + 1s, "second");
  CHECK(gate.why() == "first");
  CHECK(gate.next_probe() == next);
  CHECK(gate.opened_times() == 1);
}

TEST_CASE_METHOD(guarded, "a new handle gets the whole time: what was out of the old one does not count") {
  CHECK(ticks(9, 100) == 0);
  gate.on_new_handle(now);
  CHECK(ticks(9, 100) == 0);
  CHECK(gate.is() == state::closed);
}
