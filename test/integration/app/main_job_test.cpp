#include "bed.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace weir;

TEST_CASE("rows that change in PostgreSQL arrive in Kafka, and a clean restart sends nothing twice") {
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key, name text)");
  support::weir_process first{bed.environment()};
  first.wait_until_ready();

  bed.postgres.exec("insert into t select n, 'row ' || n from generate_series(1, 1000) n");
  bed.postgres.exec("update t set name = 'changed' where id <= 10; delete from t where id > 990");
  constexpr std::int64_t records = 1000 + 10 + 10 * 2;  // a delete is a record and a tombstone
  first.wait_for("all records", [&] { return bed.delivered() == records; });
  CHECK(first.stop().code == 0);

  support::weir_process second{bed.environment()};
  second.wait_until_ready();
  bed.postgres.exec("insert into t values(5000, 'after the restart')");
  second.wait_for("the new row", [&] { return bed.delivered() > records; });
  CHECK(second.stop().code == 0);
  CHECK(bed.delivered() == records + 1);

  auto session = bed.postgres.connect();
  const auto found = support::judge_delivery(bed.kafka, bed.prefix, session, {"public.t"});
  INFO(found.describe());
  CHECK(found.is_clean());
  CHECK(found.duplicates == 0);
  CHECK(found.runs == 2);
}

TEST_CASE("an idle database beside a busy one: confirmed_flush_lsn follows within 10 s") {
  app_test::bed bed;
  bed.postgres.exec("create database busy");
  support::weir_process weir{bed.environment()};
  weir.wait_until_ready();
  bed.postgres.connect("busy").exec(
      "create table noise(n int); insert into noise select generate_series(1, 100000)");
  const auto end = bed.postgres.value("select pg_current_wal_flush_lsn()");
  weir.wait_for(
      "the slot to follow",
      [&] {
        return bed.postgres.value("select confirmed_flush_lsn >= '" + end +
                                  "' from pg_replication_slots where slot_name = 'weir'") == "t";
      },
      std::chrono::seconds{10});
  CHECK(weir.stop().code == 0);
}

TEST_CASE("a stop in the middle of a transaction of a million rows ends within the stop timeout") {
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key, name text)");
  support::weir_process weir{bed.environment()};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t select n, 'row ' || n from generate_series(1, 1000000) n");
  weir.wait_for("the first records", [&] { return bed.delivered() > 1000; });
  const auto end = weir.stop();
  CHECK(end.code == 0);
  CHECK(end.took < std::chrono::seconds{8});
}
