#include "bed.hpp"

#include <support/temporary_directory.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace weir;

namespace {

constexpr auto document = R"({
  "listeners": [
    {"name": "orders", "tables": ["public.orders"], "operations": ["c", "u", "d"],
     "filter": "op != 'u' || new.status != old.status", "targets": ["stream", "tenants"]},
    {"name": "everything", "tables": ["public.*"], "group_by": "transaction",
     "transaction_filter": "count > 1", "targets": ["groups"]}
  ],
  "targets": [
    {"name": "stream", "topic": "{prefix}.stream.{table}"},
    {"name": "tenants", "topic": "{prefix}.tenant.{new.tenant}", "key": ["tenant"], "headers": {"source": "shop"}},
    {"name": "groups", "topic": "{prefix}.groups"}
  ]
})";

std::vector<support::kafka_record> read(app_test::bed& bed, const std::string& topic) {
  return bed.kafka.read({bed.prefix + "." + topic});
}

bool holds(const support::kafka_record& of, std::string_view text) {
  return of.value && of.value->find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("a document sends each change where its listeners and targets say, and nothing else") {
  app_test::bed bed;
  support::temporary_directory spill{"spill"};
  bed.postgres.exec(
      "create table orders(id int primary key, tenant text, status text); alter table orders replica identity "
      "full; create table other(id int primary key)");
  support::weir_process weir{
      bed.environment({{"WEIR_CONFIG", document}, {"WEIR_SPILL", spill.path().string()}})};
  weir.wait_until_ready();

  bed.postgres.exec("insert into orders values (1, 'acme', 'new')");
  bed.postgres.exec("update orders set tenant = 'acme' where id = 1");
  bed.postgres.exec(
      "begin; update orders set status = 'paid' where id = 1; insert into other values (7); commit");
  bed.postgres.exec("insert into orders values (2, 'zeta', 'new')");
  weir.wait_for("all records", [&] { return bed.kafka.count(bed.prefix + ".stream") == 3; });
  const auto end = bed.postgres.value("select pg_current_wal_flush_lsn()");
  weir.wait_for("the slot", [&] {
    return bed.postgres.value("select confirmed_flush_lsn >= '" + end + "' from pg_replication_slots") == "t";
  });

  CHECK(read(bed, "stream.orders").size() == 3);
  const auto acme = read(bed, "tenant.acme");
  REQUIRE(acme.size() == 2);
  CHECK(acme[0].key == R"({"tenant":"acme"})");
  CHECK(acme[0].header("source") == "shop");
  CHECK(read(bed, "tenant.zeta").size() == 1);
  const auto groups = read(bed, "groups");
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].header("weir.count") == "2");
  CHECK(holds(groups[0], "\"status\":\"paid\""));
  CHECK(holds(groups[0], "\"table\":\"other\""));

  const auto sample = [&](const std::string& of) { return weir.metric(of).value_or(-1); };
  CHECK(sample(R"(weir_changes_total{listener="orders",operation="u",outcome="filtered"})") == 1);
  CHECK(sample(R"(weir_records_total{listener="orders",outcome="delivered",target="stream"})") == 3);
  CHECK(sample(R"(weir_records_total{listener="everything",outcome="delivered",target="groups"})") == 1);
  CHECK(weir.stop().code == 0);
}

TEST_CASE("transaction metadata tells where transactions begin and end") {
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key); create table s(id int primary key)");
  support::weir_process weir{bed.environment({{"WEIR_TRANSACTION_METADATA", "on"}})};
  weir.wait_until_ready();
  bed.postgres.exec("begin; insert into t values (1), (2); insert into s values (1); commit");
  // The ways to two topics have no order among them.
  weir.wait_for("all records",
                [&] { return bed.kafka.count(bed.prefix + ".transaction") == 2 && bed.delivered() == 3; });
  const auto marks = read(bed, "transaction");
  REQUIRE(marks.size() == 2);
  CHECK(holds(marks[0], "\"status\":\"BEGIN\""));
  CHECK(holds(marks[1], "\"status\":\"END\""));
  CHECK(holds(marks[1], "\"event_count\":3"));
  CHECK(marks[0].key == marks[1].key);
  const auto rows = read(bed, "public.s");
  REQUIRE(rows.size() == 1);
  CHECK(holds(rows[0], "\"total_order\":3,\"data_collection_order\":1"));
  CHECK(weir.stop().code == 0);
}

TEST_CASE("002-20 a traceparent in a logical message travels with the records of its transaction") {
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  support::weir_process weir{bed.environment()};
  weir.wait_until_ready();
  const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  bed.postgres.exec("begin; select pg_logical_emit_message(true, 'traceparent', '" + parent +
                    "'); insert into t values (1); commit");
  bed.postgres.exec("insert into t values (2)");
  weir.wait_for("both rows", [&] { return bed.delivered() == 2; });
  const auto rows = read(bed, "public.t");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].header("traceparent") == parent);
  CHECK_FALSE(rows[1].header("traceparent"));
  CHECK(weir.stop().code == 0);
}

TEST_CASE("a table made later that a listener's pattern takes is taken up without a restart") {
  app_test::bed bed;
  bed.postgres.exec(
      "create table t(id int primary key); create schema other; create table other.o(id int primary key)");
  support::weir_process weir{bed.environment(
      {{"WEIR_CONFIG", R"({"listeners": [{"name": "public", "tables": ["public.*"], "targets": ["all"]}],
                           "targets": [{"name": "all", "topic": "{prefix}.public.{table}"}]})"}})};
  weir.wait_until_ready();
  bed.postgres.exec("create table later(id int primary key); insert into later values (1)");
  bed.postgres.exec("insert into other.o values (1); insert into t values (1)");
  weir.wait_for("both rows", [&] { return bed.delivered() == 2; });
  CHECK(read(bed, "public.later").size() == 1);
  CHECK(bed.postgres.value("select count(*) from pg_publication_tables where schemaname = 'other'") == "0");
  CHECK(weir.stop().code == 0);
}

TEST_CASE(
    "a stop in the middle of a grouped transaction of a million rows waits for nothing, and loses nothing") {
  app_test::bed bed;
  support::temporary_directory spill{"spill"};
  bed.postgres.exec("create table t(id int primary key, name text)");
  const auto environment = bed.environment(
      {{"WEIR_SPILL", spill.path().string()},
       {"WEIR_CONFIG", R"({"listeners": [{"name": "whole", "group_by": "transaction", "targets": ["all"]}],
                           "targets": [{"name": "all", "topic": "{prefix}.groups"}]})"}});
  constexpr int rows = 1'000'000;
  {
    support::weir_process weir{environment};
    weir.wait_until_ready();
    bed.postgres.exec("insert into t select n, 'row ' || n from generate_series(1, 1000000) n");
    weir.wait_for("some of it", [&] {
      return weir.metric(R"(weir_changes_total{listener="whole",operation="c",outcome="taken"})").value_or(0) >
             1000;
    });
    const auto end = weir.stop();
    CHECK(end.code == 0);
    CHECK(end.took < std::chrono::seconds{8});
  }
  CHECK(bed.kafka.count(bed.prefix + ".groups") == 0);
  support::weir_process weir{environment};
  weir.wait_for(
      "the whole transaction",
      [&] {
        const auto end = bed.postgres.value("select pg_current_wal_flush_lsn()");
        return bed.postgres.value("select confirmed_flush_lsn >= '" + end + "' from pg_replication_slots") ==
               "t";
      },
      std::chrono::seconds{180});
  const auto parts = read(bed, "groups");
  REQUIRE_FALSE(parts.empty());
  CHECK(parts.back().header("weir.count") == std::to_string(rows));
  CHECK(parts.back().header("weir.parts") == std::to_string(parts.size()));
  CHECK(weir.stop().code == 0);
}
