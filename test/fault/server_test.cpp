#include "running.hpp"

#include <support/tcp_proxy.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace std::chrono_literals;

TEST_CASE("a server that is stopped at once and started again, under load: nothing is lost") {
  fault::bed bed{support::postgres_options{.is_durable = true}};
  fault::running now{bed, bed.environment()};
  for (int n = 0; n < 3; ++n) {
    support::mixed_load broken{bed.postgres.conninfo(), 0.1 * n};
    broken.start(5000, 1ms);
    support::give_time(700ms);
    bed.postgres.restart(support::postgres_stop::immediate);
    CHECK_THROWS(broken.finish());
  }
  now.check_recovery();
}

TEST_CASE("a walsender that is terminated again and again, under load: nothing is lost") {
  fault::bed bed;
  fault::running now{bed, bed.environment()};
  now.load.start(4000);
  for (int n = 0; n < 5; ++n) {
    support::give_time(200ms);
    now.weir.wait_for("a walsender to terminate", [&] {
      return bed.postgres.value(
                 "select coalesce(bool_or(pg_terminate_backend(active_pid)), false) from "
                 "pg_replication_slots where active_pid is not null") == "t";
    });
  }
  CHECK(now.weir.metric("weir_run").value_or(0) >= 5);
  now.check_recovery();
}

TEST_CASE(
    "002-19 connections to the server that are cut or frozen: /ready turns red, they are made anew, nothing is "
    "lost") {
  fault::bed bed{support::postgres_options{.settings = {"wal_sender_timeout = 3s"}}};
  support::tcp_proxy proxy{bed.postgres.port()};
  fault::running now{bed, bed.postgres_through(proxy.port())};

  now.load.start(4000, 1ms);
  for (int n = 0; n < 5; ++n) {
    support::give_time(200ms);
    proxy.cut();
  }
  now.weir.wait_until_ready();
  SECTION("both ways") {
    proxy.freeze();
    now.weir.wait_for("/ready to turn red", [&] { return now.weir.get("/ready").status == 503; });
    proxy.thaw();
  }
  SECTION("what weir says does not reach the server") {
    proxy.freeze(support::tcp_proxy::way::up);
    now.weir.wait_for("/ready to turn red", [&] { return now.weir.get("/ready").status == 503; });
    proxy.thaw(support::tcp_proxy::way::up);
  }
  now.check_recovery();
}
