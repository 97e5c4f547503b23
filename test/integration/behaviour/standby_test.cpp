#include "bed.hpp"

#include <support/eventually.hpp>
#include <support/oracle.hpp>
#include <support/standby_server.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>

using namespace weir;
using behaviour::bed;
using namespace std::chrono_literals;

namespace {

constexpr auto bound = 120s;

/// weir of a bed reads from somewhere else.
support::weir_process::variables reading_from(const support::standby_server& there, const std::string& prefix) {
  return {{"PGHOST", "127.0.0.1"},         {"PGPORT", std::to_string(there.port())},
          {"PGUSER", "postgres"},          {"PGDATABASE", "postgres"},
          {"PGTARGETSESSIONATTRS", "any"}, {"WEIR_BROKERS", support::shared_brokers()},
          {"WEIR_TOPIC_PREFIX", prefix},   {"WEIR_HEARTBEAT", "300ms"},
          {"WEIR_SNAPSHOT", "never"}};
}

}  // namespace

TEST_CASE("a standby is a source, and goes on being one when it is promoted") {
  const auto version = behaviour::version_from(16);
  if (!version) SKIP("there is no PostgreSQL 16 or later");
  support::postgres_server primary{{.version = *version}};
  primary.exec("create table t(id int primary key, name text); create publication weir for all tables");
  support::standby_server there{primary};
  support::kafka_client kafka{support::shared_brokers()};
  const auto prefix = support::unique_name("standby");
  const auto environment = reading_from(there, prefix);
  auto session = there.connect();
  const auto wait_for_slot = [&](support::weir_process& weir) {
    weir.wait_for(
        "the slot to be there",
        [&] {
          return session.value(
                     "select coalesce(bool_or(confirmed_flush_lsn >= case when pg_is_in_recovery() then "
                     "pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end), false) from "
                     "pg_replication_slots where slot_name = 'weir'") == "t";
        },
        bound);
  };
  {
    support::weir_process weir{environment};
    weir.wait_for_log("pg_log_standby_snapshot", bound);
    weir.wait_for(
        "the stream",
        [&] {
          primary.exec("select pg_log_standby_snapshot()");
          return weir.get("/ready").status == 200;
        },
        bound);
    primary.exec(
        "insert into t select n, 'row ' || n from generate_series(1, 500) n; delete from t where id < 50");
    there.catch_up(primary);
    wait_for_slot(weir);
    weir.wait_for_log("no heartbeat can be written: the server is a standby", bound);

    primary.stop(support::postgres_stop::immediate);
    session.exec("select pg_promote()");
    session.exec(
        "insert into t select n, 'after' from generate_series(1001, 1500) n; update t set name = 'x' where "
        "id between 100 and 110");
    wait_for_slot(weir);
    weir.wait_for(
        "a heartbeat on the new primary",
        [&] { return weir.metric(R"(weir_heartbeats_total{outcome="returned"})").value_or(0) >= 1; }, bound);
    CHECK(weir.stop().code == 0);
  }
  support::weir_process again{environment};
  again.wait_until_ready(bound);
  session.exec("insert into t values (9999, 'again')");
  wait_for_slot(again);
  CHECK(again.stop().code == 0);
  const auto found = support::judge_delivery(kafka, prefix, session, {"public.t"});
  INFO(found.describe());
  CHECK(found.is_clean());
}

TEST_CASE("a standby without the publication, and one that is too old, say what to do") {
  const auto version = behaviour::version_from(16);
  if (!version) SKIP("there is no PostgreSQL 16 or later");
  const auto sentence_of = [](int of, const std::string& part) {
    support::postgres_server primary{{.version = of}};
    support::standby_server there{primary};
    auto environment = reading_from(there, support::unique_name("standby"));
    environment["WEIR_PERMANENT_GRACE"] = "1ms";
    support::weir_process weir{environment};
    CHECK(weir.wait(bound).code != 0);
    INFO(weir.log());
    CHECK(weir.log().find(part) != std::string::npos);
  };
  sentence_of(*version, "make it on the primary");
  sentence_of(support::distribution_postgres(), "standbys decode from 16");
}

TEST_CASE("WEIR_FAILOVER_SLOT makes a slot that standbys keep in step, or says why it cannot") {
  if (const auto version = behaviour::version_from(17)) {
    bed it{*version, {{"WEIR_FAILOVER_SLOT", "on"}}};
    CHECK(it.postgres.value("select failover from pg_replication_slots where slot_name = 'weir'") == "t");
    CHECK(it.weir->stop().code == 0);
  }
  support::postgres_server old;
  support::weir_process weir{{{"PGHOST", "127.0.0.1"},
                              {"PGPORT", std::to_string(old.port())},
                              {"PGUSER", "postgres"},
                              {"PGDATABASE", "postgres"},
                              {"WEIR_BROKERS", support::shared_brokers()},
                              {"WEIR_TOPIC_PREFIX", support::unique_name("failover")},
                              {"WEIR_PERMANENT_GRACE", "1ms"},
                              {"WEIR_SNAPSHOT", "never"},
                              {"WEIR_FAILOVER_SLOT", "on"}}};
  CHECK(weir.wait(bound).code != 0);
  CHECK(weir.log().find("failover slots begin with 17") != std::string::npos);
  CHECK(old.value("select count(*) from pg_publication") == "0");
}
