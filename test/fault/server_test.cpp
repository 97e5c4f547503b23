#include "bed.hpp"

#include <support/tcp_proxy.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace std::chrono_literals;

namespace {

/// Some load that ended and arrived.
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

}  // namespace

TEST_CASE("a server that is stopped at once and started again, under load: nothing is lost") {
  fault::bed bed{support::postgres_options{.is_durable = true}};
  support::mixed_load load{bed.postgres.conninfo()};
  support::weir_process weir{bed.environment()};
  const auto before = settle(bed, weir, load);
  for (int n = 0; n < 3; ++n) {
    support::mixed_load broken{bed.postgres.conninfo(), 0.1 * n};
    broken.start(5000, 1ms);
    support::give_time(700ms);
    bed.postgres.restart(support::postgres_stop::immediate);
    CHECK_THROWS(broken.finish());
  }
  check_recovery(bed, weir, before);
}

TEST_CASE("a walsender that is terminated again and again, under load: nothing is lost") {
  fault::bed bed;
  support::mixed_load load{bed.postgres.conninfo()};
  support::weir_process weir{bed.environment()};
  const auto before = settle(bed, weir, load);
  load.start(4000);
  for (int n = 0; n < 5; ++n) {
    support::give_time(200ms);
    weir.wait_for("a walsender to terminate", [&] {
      return bed.postgres.value(
                 "select coalesce(bool_or(pg_terminate_backend(active_pid)), false) from "
                 "pg_replication_slots where active_pid is not null") == "t";
    });
  }
  load.finish();
  CHECK(weir.metric("weir_run").value_or(0) >= 5);
  check_recovery(bed, weir, before);
}

TEST_CASE(
    "002-19 connections to the server that are cut or frozen: /ready turns red, they are made anew, nothing is "
    "lost") {
  fault::bed bed{support::postgres_options{.settings = {"wal_sender_timeout = 3s"}}};
  support::tcp_proxy proxy{bed.postgres.port()};
  support::mixed_load load{bed.postgres.conninfo()};
  support::weir_process weir{bed.postgres_through(proxy.port())};
  const auto before = settle(bed, weir, load);

  load.start(4000, 1ms);
  for (int n = 0; n < 5; ++n) {
    support::give_time(200ms);
    proxy.cut();
  }
  weir.wait_until_ready(60s);
  SECTION("both ways") {
    proxy.freeze();
    weir.wait_for("/ready to turn red", [&] { return weir.get("/ready").status == 503; }, 60s);
    proxy.thaw();
  }
  SECTION("what weir says does not reach the server") {
    proxy.freeze(support::tcp_proxy::way::up);
    weir.wait_for("/ready to turn red", [&] { return weir.get("/ready").status == 503; }, 60s);
    proxy.thaw(support::tcp_proxy::way::up);
  }
  load.finish();
  check_recovery(bed, weir, before);
}
