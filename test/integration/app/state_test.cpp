#include "bed.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace std::chrono_literals;

TEST_CASE("B3 a slot that somebody moved is refused with code 4, and weir state accept is the way out") {
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key, name text)");
  {
    support::weir_process weir{bed.environment()};
    weir.wait_until_ready();
    bed.postgres.exec("insert into t values(1, 'seen')");
    weir.wait_for("the row", [&] { return bed.delivered() == 1; });
    REQUIRE(weir.stop().code == 0);
  }
  bed.postgres.exec("insert into t values(2, 'skipped on purpose')");
  const auto moved =
      bed.postgres.value("select end_lsn from pg_replication_slot_advance('weir', pg_current_wal_lsn())");

  support::weir_process refused{bed.environment()};
  CHECK(refused.wait().code == 4);
  CHECK(refused.log().find("weir state accept") != std::string::npos);

  support::weir_process wrong{bed.environment(), {"state", "accept", "--slot-lsn", "0/1"}};
  CHECK(wrong.wait().code == 1);
  support::weir_process accepted{bed.environment(), {"state", "accept", "--slot-lsn", moved}};
  CHECK(accepted.wait().code == 0);
  CHECK(accepted.output().find("MISSING") != std::string::npos);

  support::weir_process again{bed.environment()};
  again.wait_until_ready();
  bed.postgres.exec("insert into t values(3, 'seen again')");
  again.wait_for("the next row", [&] { return bed.delivered() == 2; });
  CHECK(again.stop().code == 0);
}

TEST_CASE("a slot that is gone is refused with code 4") {
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  {
    support::weir_process weir{bed.environment()};
    weir.wait_until_ready();
    REQUIRE(weir.stop().code == 0);
  }
  bed.postgres.exec("select pg_drop_replication_slot('weir')");
  support::weir_process weir{bed.environment()};
  CHECK(weir.wait().code == 4);
  CHECK(bed.postgres.value("select count(*) from pg_replication_slots") == "0");
}

TEST_CASE("a state file and standard output need no broker") {
  app_test::bed bed;
  support::temporary_directory directory{"weir-state"};
  bed.postgres.exec("create table t(id int primary key, name text)");
  const auto state = "file:" + (directory / "position.json").string();
  const support::weir_process::variables environment{
      {"PGHOST", "127.0.0.1"},   {"PGPORT", std::to_string(bed.postgres.port())},
      {"PGUSER", "postgres"},    {"PGDATABASE", "postgres"},
      {"WEIR_SINK", "stdout"},   {"WEIR_STATE", state},
      {"WEIR_SNAPSHOT", "never"}};
  {
    support::weir_process weir{environment};
    weir.wait_until_ready();
    bed.postgres.exec("insert into t values(1, 'one')");
    weir.wait_for("the line", [&] { return weir.output().find("\"name\":\"one\"") != std::string::npos; });
    CHECK(weir.stop().code == 0);
  }
  support::weir_process weir{environment};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t values(2, 'two')");
  weir.wait_for("the line", [&] { return weir.output().find("\"name\":\"two\"") != std::string::npos; });
  CHECK(weir.output().find("\"name\":\"one\"") == std::string::npos);
  CHECK(weir.stop().code == 0);
}

TEST_CASE("B3 accepting a lower position than the stored one counts, and its changes are sent again") {
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key, name text)");
  support::weir_process first{bed.environment()};
  first.wait_until_ready();
  CHECK(first.stop().code == 0);
  bed.postgres.exec("select pg_copy_logical_replication_slot('weir', 'older')");
  const auto older =
      bed.postgres.value("select confirmed_flush_lsn from pg_replication_slots where slot_name = 'older'");
  support::weir_process second{bed.environment()};
  second.wait_until_ready();
  bed.postgres.exec("insert into t values(1, 'sent twice')");
  second.wait_for("the row", [&] { return bed.delivered() == 1; });
  CHECK(second.stop().code == 0);

  bed.postgres.exec("select pg_drop_replication_slot('weir')");
  bed.postgres.exec("select pg_copy_logical_replication_slot('older', 'weir')");
  support::weir_process accepted{bed.environment(), {"state", "accept", "--slot-lsn", older}};
  CHECK(accepted.wait().code == 0);
  support::weir_process shown{bed.environment(), {"state"}};
  CHECK(shown.wait().code == 0);
  INFO(shown.output());
  CHECK(shown.output().find("timeline 1, " + older + ", run") != std::string::npos);

  support::weir_process again{bed.environment()};
  again.wait_until_ready();
  again.wait_for("the row again", [&] { return bed.delivered() == 2; });
  CHECK(again.stop().code == 0);
}
