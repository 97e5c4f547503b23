#include "bed.hpp"

#include <support/temporary_directory.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <string>
#include <vector>

using namespace weir;
using namespace std::chrono_literals;

namespace {

using variables = support::weir_process::variables;

struct checked {
  int code = -1;
  std::string output;
};

checked check(const variables& environment) {
  support::weir_process weir{environment, {"check"}};
  const auto end = weir.wait(40s);
  return {end.code, weir.output() + weir.log()};
}

/// Nothing listens here, so that whoever connects fails by it.
variables nowhere(const std::string& document) {
  return {{"PGHOST", "127.0.0.1"},
          {"PGPORT", "1"},
          {"WEIR_BROKERS", "127.0.0.1:1"},
          {"WEIR_CONFIG", document},
          {"WEIR_TRANSACTION_METADATA", "on"}};
}

const std::string tables_of_a_shop = R"(
  create table orders(id int primary key, tenant_id int not null, status text);
  create table order_items(id int, line int, tenant_id int, status text, primary key (id, line));
  create table customers(id int primary key, name text);
  alter table customers replica identity full)";

}  // namespace

TEST_CASE("002-14 002-11 twenty mistakes in filters, templates and keys are one report, and nothing connects") {
  const auto found = check(nowhere(R"json({
  "listeners": [
    {"name": "a", "filter": "op == ", "targets": ["one"]},
    {"name": "b", "filter": "opp == 'u'", "targets": ["two"]},
    {"name": "c", "filter": "size(1) > 2", "targets": ["three"]},
    {"name": "d", "filter": "op == 1", "targets": ["four"]},
    {"name": "e", "filter": "new.a.matches('[')", "targets": ["one"]},
    {"name": "f", "group_by": "transaction", "transaction_filter": "cuont > 1", "targets": ["whole", "late"]},
    {"name": "g", "group_by": "transaction", "targets": ["five"]}
  ],
  "targets": [
    {"name": "one", "topic": "{prefix}.{tabel}"},
    {"name": "two", "topic": "{prefix}.{schema}{table}"},
    {"name": "three", "topic": "a b"},
    {"name": "four", "topic": "{prefix}.state", "key": {"template": "{id}"}},
    {"name": "five", "topic": "{prefix}.dead-letters", "key": ["id"], "partition_by": "id",
     "headers": {"of": "{table}"}},
    {"name": "whole", "topic": "{prefix}.{table}", "key": {"template": "{new.id}"}},
    {"name": "late"},
    {"name": "own", "topic": "{prefix}.transaction"},
    {"name": "same", "topc": "x"}
  ]
})json"));
  INFO(found.output);
  CHECK(found.code == 2);
  CHECK(found.output.starts_with("the configuration has 20 mistakes:\n"));
  // In the order of the document: what its structure tells, then what filters and templates do.
  std::size_t from = 0;
  for (const auto* place : {"WEIR_CONFIG /targets/8/topc (line 21, column 22)",
                            "WEIR_CONFIG /listeners/0/filter (line 3, column 29)",
                            "WEIR_CONFIG /listeners/1/filter (line 4, column 29)",
                            "WEIR_CONFIG /listeners/2/filter (line 5, column 29)",
                            "WEIR_CONFIG /listeners/3/filter (line 6, column 29)",
                            "WEIR_CONFIG /listeners/4/filter (line 7, column 29)",
                            "WEIR_CONFIG /listeners/5/transaction_filter (line 8, column 68)",
                            "WEIR_CONFIG /targets/0/topic (line 12, column 30)",
                            "WEIR_CONFIG /targets/1/topic (line 13, column 30)",
                            "WEIR_CONFIG /targets/2/topic (line 14, column 32)",
                            "WEIR_CONFIG /targets/3/topic (line 15, column 31)",
                            "WEIR_CONFIG /targets/3/key/template (line 15, column 69)",
                            "WEIR_CONFIG /targets/4/topic (line 16, column 31)",
                            "WEIR_CONFIG /targets/4/key/0 (line 16, column 64)",
                            "WEIR_CONFIG /targets/4/partition_by (line 16, column 87)",
                            "WEIR_CONFIG /targets/4/headers/of (line 17, column 24)",
                            "WEIR_CONFIG /targets/5/topic (line 18, column 32)",
                            "WEIR_CONFIG /targets/5/key/template (line 18, column 72)",
                            "WEIR_CONFIG /targets/6 (line 19, column 5)",
                            "WEIR_CONFIG /targets/7/topic (line 20, column 30)"}) {
    INFO(place);
    from = found.output.find(place, from);
    REQUIRE(from != std::string::npos);
  }
  CHECK(found.output.find("did you mean {table}?") != std::string::npos);
}

TEST_CASE("a good document shows what each listener takes and where a change of it goes") {
  app_test::bed bed;
  bed.postgres.exec(tables_of_a_shop);
  const support::temporary_directory directory;
  const auto path = (directory.path() / "weir.json").string();
  std::ofstream{path} << R"json({
    "listeners": [
      {"name": "orders", "tables": ["public.order*"], "filter": "op != 'u' || changed(new.id)",
       "operations": ["c", "u"], "targets": ["stream", "by-tenant"]},
      {"name": "whole", "group_by": "transaction", "targets": ["audit"]},
      {"name": "later", "tables": ["public.not_yet_*"], "targets": ["stream"]},
      {"name": "outbox", "operations": ["m"], "filter": "message.prefix == 'outbox'", "targets": ["stream", "events"]},
      {"name": "gone", "tables": ["public.orders"], "operations": ["d"], "targets": ["by-tenant"]}
    ],
    "targets": [
      {"name": "stream"},
      {"name": "by-tenant", "topic": "{prefix}.tenants.{new.tenant_id}", "key": ["tenant_id"]},
      {"name": "audit", "topic": "{prefix}.audit"},
      {"name": "events", "topic": "{prefix}.events"}
    ]})json";
  const auto found = check(bed.environment({{"WEIR_CONFIG", path}}));
  INFO(found.output);
  CHECK(found.code == 0);
  for (const auto& line :
       {std::string{"listener orders: takes public.order_items (id, line, tenant_id, status)"},
        std::string{"listener orders: takes public.orders (id, tenant_id, status)"},
        "listener orders to stream: an update of public.order_items goes to topic " + bed.prefix +
            ".public.order_items, with key (id, line)",
        "listener orders to by-tenant: an update of public.order_items goes to topic " + bed.prefix +
            ".tenants.tenant_id, with key (tenant_id)",
        std::string{"listener whole: takes public.customers (id, name)"},
        "listener whole to audit: a transaction goes to topic " + bed.prefix +
            ".audit as one record, split above 900KiB, with key whole",
        std::string{
            "listener whole: groups transactions and WEIR_SPILL is not set: one whose changes take more "
            "than 8MiB, a part of WEIR_MEMORY, stops the stream"},
        std::string{"listener later: takes no table yet"},
        std::string{"listener outbox: takes logical messages"},
        "listener outbox to stream: a logical message goes to topic " + bed.prefix + ".message",
        "listener outbox to events: a logical message goes to topic " + bed.prefix + ".events",
        std::string{
            "listener gone to by-tenant: deletes from public.orders come without tenant_id: alter table "
            "public.orders replica identity full sends it"}}) {
    INFO(line);
    CHECK(found.output.find(line) != std::string::npos);
  }
}

TEST_CASE(
    "002-14 tables and columns that are not there are named with the nearest, by check and before the stream") {
  app_test::bed bed;
  bed.postgres.exec(tables_of_a_shop);
  const auto environment =
      bed.environment({{"WEIR_PERMANENT_GRACE", "300ms"}, {"WEIR_RETRY_MIN", "50ms"}, {"WEIR_CONFIG", R"json({
    "listeners": [
      {"name": "orders", "tables": ["public.ordres"], "targets": ["stream"]},
      {"name": "typo", "tables": ["public.orders"], "filter": "new.stauts == 'paid'", "targets": ["keyed"]},
      {"name": "old", "tables": ["public.orders", "public.customers"], "filter": "changed(new.id) || old.status == 'x'",
       "targets": ["state"]}
    ],
    "targets": [
      {"name": "stream"},
      {"name": "keyed", "key": ["tenant"], "partition_by": "regoin", "headers": {"was": "{old.status}"}},
      {"name": "state", "key": {"template": "{new.idd}"}}
    ]})json"}});
  const std::vector<std::string> mistakes{
      R"(WEIR_CONFIG /listeners/0/tables/0 (line 3, column 37)="public.ordres" is no table of the database; did you mean public.orders?)",
      R"(WEIR_CONFIG /listeners/1/filter)",
      R"(WEIR_CONFIG /targets/1/key/0 (line 10, column 33)="tenant" is no column of public.orders; did you mean tenant_id?)",
      R"(WEIR_CONFIG /targets/1/partition_by (line 10, column 60)="regoin" is no column of public.orders;)",
      R"(WEIR_CONFIG /targets/1/headers/was)",
      R"(WEIR_CONFIG /targets/2/key/template)",
      R"(WEIR_CONFIG /listeners/2/filter)"};
  const auto found = check(environment);
  INFO(found.output);
  CHECK(found.code == 1);
  for (const auto& each : mistakes) {
    INFO(each);
    CHECK(found.output.find(each) != std::string::npos);
  }
  support::weir_process weir{environment};
  CHECK(weir.wait().code == 2);
  INFO(weir.log());
  for (const auto& each : mistakes) {
    // Quotes are written otherwise in a log of JSON.
    const auto place = each.substr(0, each.find('='));
    INFO(place);
    CHECK(weir.log().find(place) != std::string::npos);
  }
  CHECK(bed.postgres.value("select count(*) from pg_replication_slots") == "0");
  CHECK(bed.postgres.value("select count(*) from pg_publication") == "0");
}

TEST_CASE("a table that would land in one of Weir's own topics is refused") {
  app_test::bed bed;
  bed.postgres.exec("create table state(id int primary key)");
  const auto found =
      check(bed.environment({{"WEIR_CONFIG", R"({"listeners": [{"name": "all", "targets": ["t"]}],
    "targets": [{"name": "t", "topic": "{prefix}.{table}"}]})"}}));
  INFO(found.output);
  CHECK(found.code == 1);
  CHECK(found.output.find(bed.prefix + ".state, one of Weir's own topics, for public.state") !=
        std::string::npos);
}
