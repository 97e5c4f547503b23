#include "../bed.hpp"

#include <support/tcp_proxy.hpp>

#include <sys/resource.h>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

using namespace weir;
using namespace std::chrono_literals;

namespace {

fault::footprint settle(fault::bed& bed, support::weir_process& weir, support::mixed_load& load) {
  weir.wait_until_ready();
  load.start(300);
  load.finish();
  return bed.at_quiesce(weir);
}

void check_recovery(fault::bed& bed, support::weir_process& weir, const fault::footprint& before) {
  weir.wait_until_ready(60s);
  bed.check_nothing_leaked(weir, before);
  CHECK(weir.stop().code == 0);
  bed.check_delivery();
}

/// Sets the soft limit of a running process, and says what it was.
rlim_t limit(pid_t process, __rlimit_resource of, rlim_t to) {
  rlimit now{};
  REQUIRE(::prlimit(process, of, nullptr, &now) == 0);
  const rlimit wanted{to, now.rlim_max};
  REQUIRE(::prlimit(process, of, &wanted, nullptr) == 0);
  return now.rlim_cur;
}

}  // namespace

TEST_CASE("no descriptor left: connections that break wait for one, say so, and come back", "[memory]") {
  if (fault::is_sanitized()) SKIP("a sanitizer looks at memory through a pipe of its own");
  fault::bed bed;
  support::tcp_proxy proxy{bed.postgres.port()};
  support::mixed_load load{bed.postgres.conninfo()};
  support::weir_process weir{bed.postgres_through(proxy.port())};
  const auto before = settle(bed, weir, load);
  // Those that are open stay open: the next one is refused.
  const auto usual = limit(weir.pid(), RLIMIT_NOFILE, 3);
  load.start(300, 1ms);
  proxy.cut();
  weir.wait_for_log("Too many open files", 60s);
  CHECK(weir.is_running());
  (void)limit(weir.pid(), RLIMIT_NOFILE, usual);
  load.finish();
  check_recovery(bed, weir, before);
}

TEST_CASE("memory that the system refuses ends the process at worst; the next one loses nothing", "[memory]") {
  // A sanitizer's shadow is larger than any limit.
  if (fault::is_sanitized()) SKIP("the sanitizer needs all of the address space");
  fault::bed bed;
  support::mixed_load load{bed.postgres.conninfo()};
  {
    support::weir_process weir{bed.environment()};
    (void)settle(bed, weir, load);
    constexpr rlim_t almost_nothing = 1024 * 1024;
    (void)limit(weir.pid(), RLIMIT_AS, almost_nothing);
    load.start(500);
    bed.postgres.exec(
        "insert into journal select nextval('journal_number'), repeat('x', 40000) from generate_series(1, "
        "500)");
    load.finish();
    // It may manage with what it has, or end: what it must not do is to go on wrongly.
    (void)support::eventually([&] { return !weir.is_running() || bed.is_confirmed(bed.log_end()); }, 20s);
    WARN("within the limit it " << (weir.is_running() ? "goes on" : "ended") << ", "
                                << weir.log().substr(weir.log().size() -
                                                     std::min<std::size_t>(400, weir.log().size())));
    weir.kill();
  }
  support::weir_process next{bed.environment()};
  next.wait_until_ready();
  bed.drain(next);
  CHECK(next.stop().code == 0);
  bed.check_delivery();
  bed.check_only_unstored_came_again();
}
