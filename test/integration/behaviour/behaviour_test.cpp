#include "bed.hpp"

#include <support/eventually.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>
#include <simdjson.h>

using namespace weir;
using behaviour::bed;
using behaviour::seen_record;
using namespace std::chrono_literals;

namespace {

/// Of a record's `source`, as text.
std::string source_field(const seen_record& of, const char* name) {
  simdjson::dom::parser parser;
  const auto root = parser.parse(of.source).value();
  return simdjson::minify(root[name].value());
}

}  // namespace

TEST_CASE("what a consumer of Debezium knows: rows, keys, large values, definitions") {
  for (const int version : behaviour::versions()) {
    INFO("PostgreSQL " << version);
    bed it{version};
    auto all = behaviour::common_situations();
    for (auto& each : behaviour::own_situations()) all.push_back(std::move(each));
    it.play(all);
    CHECK(it.weir->stop().code == 0);
  }
}

TEST_CASE("WEIR_COMPAT=debezium keeps what is common, and adds Debezium's own ways") {
  for (const int version : behaviour::versions()) {
    INFO("PostgreSQL " << version);
    bed it{version, {{"WEIR_COMPAT", "debezium"}}};
    auto all = behaviour::common_situations();
    for (auto& each : behaviour::compat_situations()) all.push_back(std::move(each));
    it.play(all);
    CHECK(it.weir->stop().code == 0);
  }
}

TEST_CASE("trunc-2, trunc-3: one record for each table of a TRUNCATE, in the server's order") {
  for (const int version : behaviour::versions()) {
    INFO("PostgreSQL " << version);
    bed it{version, {}, "create publication weir for all tables"};
    it.play(behaviour::truncate_situations());
    const auto together = it.read("trunc_2.");
    REQUIRE(together.size() == 4);
    for (const auto& each : together) {
      if (each.op != 't') continue;
      CHECK(source_field(each, "lsn") == source_field(together[1], "lsn"));
      CHECK(source_field(each, "txId") == source_field(together[1], "txId"));
    }
    CHECK(it.weir->stop().code == 0);
  }
}

TEST_CASE("ins-1, src-1: rows of a transaction share txId, lsn rises, sequence names the commit before") {
  for (const int version : behaviour::versions()) {
    INFO("PostgreSQL " << version);
    bed it{version, {}, "create table t(id int primary key)"};
    it.postgres.exec("insert into t values (1), (2)");
    it.postgres.exec("insert into t values (3)");
    it.drain();
    const auto all = it.read("public.t");
    REQUIRE(all.size() == 3);
    CHECK(source_field(all[0], "txId") == source_field(all[1], "txId"));
    CHECK(source_field(all[1], "txId") != source_field(all[2], "txId"));
    CHECK(std::stoull(source_field(all[0], "lsn")) < std::stoull(source_field(all[1], "lsn")));
    const auto sequence = [](const std::string& before, const seen_record& of) {
      return fmt::format(R"("[{},\"{}\"]")", before, source_field(of, "lsn"));
    };
    CHECK(source_field(all[0], "sequence") == sequence("null", all[0]));
    CHECK(source_field(all[1], "sequence") == sequence("null", all[1]));
    // The end of the first commit: behind its start, and at or before the row that comes next.
    const auto text = source_field(all[2], "sequence");
    const auto last = std::stoull(text.substr(text.find_first_of("0123456789")));
    CHECK(text == sequence(fmt::format(R"(\"{}\")", last), all[2]));
    CHECK(last > all[1].at.commit.value());
    CHECK(last <= std::stoull(source_field(all[2], "lsn")));
    CHECK(it.weir->stop().code == 0);
  }
}

TEST_CASE("del-3: without tombstones a delete is one record, and a changed key two") {
  bed it{support::distribution_postgres(), {{"WEIR_TOMBSTONES", "off"}}, "create table t(id int primary key)"};
  it.postgres.exec("insert into t values (1); update t set id = 2; delete from t");
  it.drain();
  std::string ops;
  for (const auto& each : it.read("public.t")) ops += each.op;
  CHECK(ops == "cdcd");
  CHECK(it.weir->stop().code == 0);
}

TEST_CASE("toast-5: what stands for a value that was not sent is a setting") {
  bed it{support::distribution_postgres(),
         {{"WEIR_UNAVAILABLE", "__gone__"}},
         "create table t(id int primary key, n int, big text); alter table t alter big set storage external"};
  it.postgres.exec("insert into t values (1, 1, repeat('x', 9000)); update t set n = 2");
  it.drain();
  const auto all = it.read("public.t");
  REQUIRE(all.size() == 2);
  CHECK(all[1].after == R"({"id":1,"n":2,"big":"__gone__"})");
  CHECK(it.weir->stop().code == 0);
}

TEST_CASE("key-5: no key is made up: an old key that the identity does not hold makes a dead letter") {
  const std::string target =
      R"({"listeners": [{"name": "all", "targets": ["k"]}],
          "targets": [{"name": "k", "topic": "{prefix}.{schema}.{table}", "key": ["tenant", "id"]}]})";
  bed it{support::distribution_postgres(),
         {{"WEIR_CONFIG", target}},
         "create table mk(id int primary key, tenant int); create table full_mk(like mk including all); alter "
         "table "
         "full_mk replica identity full"};
  for (const auto* table : {"mk", "full_mk"}) {
    it.postgres.exec(
        fmt::format("insert into {0} values (1, 7); update {0} set tenant = 8; delete from {0}", table));
  }
  it.drain();
  const auto keys_of = [&](const std::string& table) {
    std::vector<std::string> found;
    for (const auto& each : it.read("public." + table))
      found.push_back(each.op + (" " + each.key.value_or("")));
    return found;
  };
  using texts = std::vector<std::string>;
  CHECK(keys_of("mk") == texts{R"(c {"tenant":7,"id":1})", R"(u {"tenant":8,"id":1})"});
  CHECK(it.kafka.count(it.prefix + ".dead") == 1);  // the delete
  CHECK(keys_of("full_mk") == texts{R"(c {"tenant":7,"id":1})", R"(d {"tenant":7,"id":1})",
                                    R"(T {"tenant":7,"id":1})", R"(c {"tenant":8,"id":1})",
                                    R"(d {"tenant":8,"id":1})", R"(T {"tenant":8,"id":1})"});
  CHECK(it.weir->stop().code == 0);
}

TEST_CASE("msg-1, msg-2: logical messages, in and outside of transactions") {
  for (const int version : behaviour::versions()) {
    INFO("PostgreSQL " << version);
    bed it{version, {}, "create table t(id int primary key)"};
    it.postgres.exec("select pg_logical_emit_message(false, 'nt', 'hello')");
    it.postgres.exec(
        "begin; insert into t values (1); select pg_logical_emit_message(true, 'tx', 'inside'); insert into t "
        "values (2); commit");
    it.postgres.exec(
        "begin; select pg_logical_emit_message(true, 'tx', 'never'), pg_logical_emit_message(false, 'nt', "
        "'stays'); rollback");
    it.postgres.exec("insert into t values (3)");  // flushes what no commit did
    it.drain();
    const auto messages = it.read("message");
    REQUIRE(messages.size() == 3);
    for (const auto& each : messages) CHECK(each.op == 'm');
    CHECK(messages[0].key == R"({"prefix":"nt"})");
    CHECK(messages[0].value.starts_with(R"({"op":"m","ts_ms":)"));
    CHECK(messages[0].value.ends_with(R"("transaction":null,"message":{"prefix":"nt","content":"aGVsbG8="}})"));
    CHECK(source_field(messages[0], "txId") == "null");
    CHECK(source_field(messages[0], "schema") == R"("")");
    CHECK(source_field(messages[0], "table") == R"("")");
    CHECK(messages[1].key == R"({"prefix":"tx"})");
    CHECK(source_field(messages[1], "txId") != "null");
    CHECK(messages[2].value.find("c3RheXM=") != std::string::npos);
    const auto rows = it.read("public.t");
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].at < messages[1].at);
    CHECK(messages[1].at < rows[1].at);
    CHECK(it.weir->stop().code == 0);
  }
}

TEST_CASE("tx-2, tx-3: transaction metadata counts what is taken, without holes") {
  bed it{support::distribution_postgres(),
         {{"WEIR_TRANSACTION_METADATA", "on"}, {"WEIR_TOMBSTONES", "off"}},
         "create table a(id int primary key); create table b(id int primary key)"};
  it.postgres.exec(
      "begin; insert into a values (1); savepoint s; insert into a values (9); rollback to s; insert into b "
      "values (1); update a set id = 2; commit");
  it.drain();
  std::vector<std::string> found;
  for (const auto& each : it.read("public.")) {
    simdjson::dom::parser parser;
    const auto order = parser.parse(each.transaction).value();
    found.push_back(fmt::format("{} {}", simdjson::minify(order["total_order"].value()),
                                simdjson::minify(order["data_collection_order"].value())));
  }
  CHECK(found == std::vector<std::string>{"1 1", "2 1", "3 2", "4 3"});
  const auto marks = it.read("transaction");
  REQUIRE(marks.size() == 2);
  CHECK(marks[1].value.find(R"("event_count":4)") != std::string::npos);
  CHECK(marks[1].value.find(R"({"data_collection":"public.a","event_count":3})") != std::string::npos);
  CHECK(it.weir->stop().code == 0);
}

TEST_CASE("col-2: an update that changes nothing of interest is a matter of a filter") {
  bed it{support::distribution_postgres(),
         {{"WEIR_CONFIG", R"({"listeners": [{"name": "all", "filter": "op != 'u' || new.w != old.w",
                                             "targets": ["k"]}],
                              "targets": [{"name": "k", "topic": "{prefix}.{schema}.{table}"}]})"}},
         "create table t(id int primary key, bl int, w int); alter table t replica identity full"};
  it.postgres.exec("insert into t values (1, 1, 1); update t set bl = 2; update t set w = 2");
  it.drain();
  std::string ops;
  for (const auto& each : it.read("public.t")) ops += each.op;
  CHECK(ops == "cu");
  CHECK(it.weir->stop().code == 0);
}

TEST_CASE("hb-1: heartbeats come back through the stream, and Debezium's topic shows them") {
  for (const int version : behaviour::versions()) {
    INFO("PostgreSQL " << version);
    bed it{version,
           {{"WEIR_HEARTBEAT", "200ms"}, {"WEIR_HEARTBEAT_TOPIC", "__debezium-heartbeat.{prefix}"}},
           "create table t(id int primary key)"};
    const auto topic = "__debezium-heartbeat." + it.prefix;
    it.weir->wait_for("three records", [&] { return it.kafka.count(topic) >= 3; }, 60s);
    for (const auto& each : it.kafka.read({topic})) {
      CHECK(each.partition == 0);
      CHECK(each.key == fmt::format(R"({{"serverName":"{}"}})", it.prefix));
      REQUIRE(each.value);
      CHECK(each.value->starts_with(R"({"ts_ms":)"));
    }
    it.weir->wait_for("three heartbeats", [&] {
      return it.weir->metric(R"(weir_heartbeats_total{outcome="returned"})").value_or(0) >= 3;
    });
    CHECK(it.weir->metric("weir_heartbeat_round_trip_seconds").value_or(0) > 0);
    CHECK(it.weir->metric(R"(weir_heartbeats_total{outcome="missed"})").value_or(-1) == 0);
    CHECK(it.weir->get("/status").body.find(R"("round_trip_seconds":)") != std::string::npos);
    // What others write for their own weir is no message for users, either.
    it.postgres.exec("select pg_logical_emit_message(true, 'weir.heartbeat', 'somebody else')");
    it.postgres.exec("select pg_logical_emit_message(true, 'user', 'mine')");
    it.drain();
    CHECK(it.read("message").size() == 1);
    CHECK(it.weir->stop().code == 0);
  }
}
