#include "bed.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace std::chrono_literals;

namespace {

constexpr auto longest_start_or_stop = 2s;
/// Sanitizers and a loaded machine take their time; the product's own bound is judged by the release build's
/// bench.
constexpr auto on_a_loaded_machine = 10s;

/// Ways in which a start fails half-way. Each one ends by itself or is stopped, and leaves nothing at the
/// server.
fault::bed::variables broken_start(int which) {
  switch (which % 3) {
    case 0:
      return {{"WEIR_BROKERS", "127.0.0.1:1"}};
    case 1:
      return {{"PGPORT", "1"}};
    default:
      return {{"WEIR_TABLES", "public.missing"}};
  }
}

}  // namespace

TEST_CASE(
    "000-1 start and stop over and over, some starts failing half-way: nothing is left, nothing is lost") {
  const int times = fault::is_long() ? 1000 : 10;
  fault::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  {
    support::weir_process first{bed.environment()};
    first.wait_until_ready();
    CHECK(first.stop().code == 0);
  }
  for (int n = 1; n <= times; ++n) {
    bed.postgres.exec("insert into t values (" + std::to_string(n) + ")");
    const bool is_broken = n % 7 == 0;
    support::weir_process weir{bed.environment(is_broken ? broken_start(n / 7) : fault::bed::variables{})};
    if (is_broken) {
      weir.wait_for("the admin endpoint", [&] { return weir.get("/ready").status == 503; });
    } else {
      weir.wait_until_ready();
    }
    const auto end = weir.stop();
    INFO(weir.log());
    CHECK(end.code == 0);
    CHECK(end.took < longest_start_or_stop + on_a_loaded_machine);
  }
  CHECK(bed.postgres.value("select count(*) from pg_stat_replication") == "0");
  CHECK(bed.postgres.value("select count(*) from pg_replication_slots") == "1");
  CHECK(bed.postgres.value("select count(*) from pg_stat_activity where application_name = 'weir'") == "0");
  support::weir_process last{bed.environment()};
  last.wait_until_ready();
  bed.drain(last);
  CHECK(last.stop().code == 0);
  bed.check_delivery({"public.t"});
}

TEST_CASE("000-1 sessions that fail half-way inside one process leave no task and no descriptor") {
  const int times = fault::is_long() ? 1000 : 20;
  fault::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  support::weir_process weir{bed.environment({{"WEIR_RETRY_MIN", "10ms"}, {"WEIR_RETRY_MAX", "50ms"}})};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t values (0)");
  const auto before = bed.at_quiesce(weir);
  const auto run = weir.metric("weir_run").value_or(0);
  for (int n = 1; n <= times; ++n) {
    weir.wait_for("a walsender to terminate", [&] {
      return bed.postgres.value(
                 "select coalesce(bool_or(pg_terminate_backend(active_pid)), false) from "
                 "pg_replication_slots where active_pid is not null") == "t";
    });
    bed.postgres.exec("insert into t values (" + std::to_string(n) + ")");
  }
  weir.wait_until_ready();
  bed.check_nothing_leaked(weir, before);
  CHECK(weir.metric("weir_run").value_or(0) > run);
  CHECK(weir.stop().code == 0);
  bed.check_delivery({"public.t"});
}
