#include "bed.hpp"

#include <support/tcp_proxy.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <csignal>
#include <random>

using namespace weir;
using namespace std::chrono_literals;

namespace {

using support::tcp_proxy;

/// A point of a change's way, told by what stands on the wire there.
struct point {
  const char* name;
  bool is_at_broker;
  tcp_proxy::moment when;
  tcp_proxy::side which;
  int furthest;  ///< the kill comes at one of so many such messages
};

constexpr std::array<point, 5> points{{
    {"after receive", false, tcp_proxy::moment::commit, tcp_proxy::side::after, 40},
    {"after produce", true, tcp_proxy::moment::request, tcp_proxy::side::after, 12},
    {"after report", true, tcp_proxy::moment::report, tcp_proxy::side::after, 12},
    {"before status", false, tcp_proxy::moment::status, tcp_proxy::side::before, 2},
    {"after status", false, tcp_proxy::moment::status, tcp_proxy::side::after, 2},
}};

constexpr int killed = 128 + SIGKILL;
constexpr int transactions = 2000;
constexpr auto pause = 4ms;

/// Always some of it is on its way.
void keep_loaded(support::mixed_load& load, bool& has_begun) {
  if (load.is_running()) return;
  if (has_begun) load.finish();
  load.start(transactions, pause);
  has_begun = true;
}

}  // namespace

TEST_CASE(
    "SIGKILL after receive, after produce, after report, before status and after status: every committed row "
    "arrives, in order, and only what was not stored comes again") {
  const int crashes = fault::is_long() ? 200 : 10;
  tcp_proxy kafka_side{0, tcp_proxy::protocol::kafka};
  support::kafka_server broker{{.advertised_port = kafka_side.port()}};
  kafka_side.set_target(broker.port());
  fault::bed bed{broker};
  tcp_proxy postgres_side{bed.postgres.port(), tcp_proxy::protocol::postgres};
  const auto environment =
      bed.postgres_through(postgres_side.port(), {{"PGSSLMODE", "disable"}, {"PGGSSENCMODE", "disable"}});
  support::mixed_load load{bed.postgres.conninfo()};
  bool has_load = false;

  INFO("seed " << fault::seed());
  std::mt19937 random{fault::seed()};
  // Some of them have time to act on what they saw last.
  std::uniform_int_distribution<int> later_ms{0, 30};
  for (int n = 0; n < crashes; ++n) {
    for (const auto& each : points) {
      INFO("crash " << n << " " << each.name);
      support::weir_process weir{environment};
      // Every third one dies of the first messages that it ever sees.
      if (n % 3 != 2) weir.wait_until_ready();
      auto& proxy = each.is_at_broker ? kafka_side : postgres_side;
      const int nth = std::uniform_int_distribution<int>{1, each.furthest}(random);
      proxy.kill_at(each.when, each.which, nth, weir.pid(), std::chrono::milliseconds{later_ms(random)});
      const auto is_dead = [&] {
        keep_loaded(load, has_load);
        return !weir.is_running();
      };
      REQUIRE(support::eventually(is_dead, 120s));
      CHECK(weir.wait().code == killed);
    }
  }
  support::weir_process last{environment};
  last.wait_until_ready();
  load.finish();
  bed.drain(last);
  CHECK(last.stop().code == 0);

  const auto found = bed.check_delivery();
  CHECK(found.runs > static_cast<std::uint64_t>(crashes));
  bed.check_only_unstored_came_again();
}
