#include "rows.hpp"

#include <encode/envelope.hpp>
#include <encode/schema_text.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace weir;
using namespace weir::encode;
using namespace weir::encode::rows;
using event::old_row;
using event::operation;

namespace {

plan_options written_as(record_format format) {
  plan_options with;
  with.prefix = "srv";
  with.format = format;
  return with;
}

/// `t(id int primary key, name text not null, n int)`, as the catalog describes it.
event::relation described_people() {
  auto made = people();
  for (auto& each : made.columns) each.is_required = each.name != "n";
  return made;
}

std::vector<kept> encoded_as(record_format format, const change_of& change, envelope& by) {
  return keep(by.encode(table_plan(*change.what.table, table_key{}, written_as(format)), change.what, now));
}

std::vector<kept> encoded_as(record_format format, const change_of& change) {
  envelope by(options());
  return encoded_as(format, change, by);
}

constexpr auto key_opening =
    R"({"schema":{"type":"struct","fields":[{"type":"int32","optional":false,"field":"id"}],)"
    R"("optional":false,"name":"srv.public.t.Key"},"payload":)";

/// Only the identity is required: of a deleted row the server sends nothing else.
constexpr auto row_fields =
    R"([{"type":"int32","optional":false,"field":"id"},{"type":"string","optional":true,"field":"name"},)"
    R"({"type":"int32","optional":true,"field":"n"}],"optional":true,"name":"srv.public.t.Value")";

std::string value_opening() {
  const std::string row = std::string(R"({"type":"struct","fields":)") + row_fields;
  const std::string source = schema_text(source_schema());
  const std::string transaction = schema_text(transaction_block_schema());
  const auto as_field = [](std::string text, const std::string& name) {
    text.pop_back();
    return text + R"(,"field":")" + name + R"("})";
  };
  return R"({"schema":{"type":"struct","fields":[)" + row + R"(,"field":"before"},)" + row +
         R"(,"field":"after"},)" + as_field(source, "source") + "," + as_field(transaction, "transaction") +
         R"(,{"type":"string","optional":false,"field":"op"},{"type":"int64","optional":true,"field":"ts_ms"},)"
         R"({"type":"int64","optional":true,"field":"ts_us"},{"type":"int64","optional":true,"field":"ts_ns"}],)"
         R"("optional":false,"name":"srv.public.t.Envelope","version":2},"payload":)";
}

constexpr auto flat_tail = R"(,"__schema":"public","__table":"t","__txId":555,"__lsn":24023128,)"
                           R"("__source_ts_ms":1559033904863,"__ts_ms":1559033904870})";

std::string flat(const std::string& columns, const std::string& op, bool is_deleted) {
  return "{" + columns + R"("__deleted":")" + (is_deleted ? "true" : "false") + R"(","__op":")" + op + "\"" +
         flat_tail;
}

/// The event whose data is `data`.
std::string event_of(const std::string& op, const std::string& id_end, const std::string& data,
                     const std::string& transaction = R"("iodebeziumtxid":null,"iodebeziumtxtotalorder":null,)"
                                                      R"("iodebeziumtxdatacollectionorder":null)") {
  return R"({"id":"name:srv;lsn:24023128;txId:555)" + id_end +
         R"(","source":"/debezium/postgresql/srv","specversion":"1.0",)"
         R"("type":"io.debezium.connector.postgresql.DataChangeEvent","time":"2019-05-28T08:58:24.863Z",)"
         R"("datacontenttype":"application/json","iodebeziumop":")" +
         op +
         R"(","iodebeziumversion":")" WEIR_VERSION
         R"(","iodebeziumconnector":"postgresql","iodebeziumname":"srv","iodebeziumtsms":"1559033904863",)"
         R"("iodebeziumsnapshot":"false","iodebeziumdb":"shop",)"
         R"("iodebeziumsequence":"[null,\"24023128\"]","iodebeziumtsus":"1559033904863123",)"
         R"("iodebeziumtsns":"1559033904863123000","iodebeziumschema":"public","iodebeziumtable":"t",)"
         R"("iodebeziumtxId":"555","iodebeziumlsn":"24023128","iodebeziumxmin":null,"iodebeziumorigin":null,)"
         R"("iodebeziumoriginlsn":null,)" +
         transaction + R"(,"data":)" + data + "}";
}

struct inserted : change_of {
  explicit inserted(const event::relation& of)
      : change_of(operation::create, of, {}, {text("1"), text("Ann"), null}) {}
};
struct deleted : change_of {
  explicit deleted(const event::relation& of)
      : change_of(operation::remove, of, {text("1"), null, null}, {}, old_row::identity) {}
};
struct moved : change_of {
  explicit moved(const event::relation& of)
      : change_of(operation::update, of, {text("1"), null, null}, {text("2"), text("Ann"), text("7")},
                  old_row::identity) {}
};
struct emptied : change_of {
  explicit emptied(const event::relation& of) : change_of(operation::truncate, of, {}, {}) {}
};

}  // namespace

TEST_CASE("debezium+schema puts key and value beside their schemas") {
  const auto table = described_people();
  const auto made = encoded_as(record_format::debezium_schema, inserted(table));
  REQUIRE(made.size() == 1);
  CHECK(made[0].key == key_opening + std::string(R"({"id":1}})"));
  CHECK(made[0].value == value_opening() + value("null", R"({"id":1,"name":"Ann","n":null})", "c") + "}");
}

TEST_CASE("debezium+schema leaves tombstones null, and headers of a changed key without schema") {
  const auto table = described_people();
  const auto gone = encoded_as(record_format::debezium_schema, deleted(table));
  REQUIRE(gone.size() == 2);
  CHECK(gone[1].key == gone[0].key);
  CHECK(gone[1].value == std::nullopt);
  const auto records = encoded_as(record_format::debezium_schema, moved(table));
  REQUIRE(records.size() == 3);
  CHECK(records[0].key == key_opening + std::string(R"({"id":1}})"));
  CHECK(records[2].key == key_opening + std::string(R"({"id":2}})"));
  using headers = std::vector<std::pair<std::string, std::string>>;
  CHECK(records[0].headers == headers{{"__debezium.newkey", R"({"id":2})"}});
  CHECK(records[1].headers == headers{{"__debezium.newkey", R"({"id":2})"}});
  CHECK(records[2].headers == headers{{"__debezium.oldkey", R"({"id":1})"}});
}

TEST_CASE("with the identity full what is NOT NULL is required, and defaults are Debezium's alone") {
  auto table = described_people();
  for (auto& each : table.columns) each.is_identity = true;
  auto with = written_as(record_format::debezium_schema);
  const table_plan plan(table, table_key{}, with);
  const auto& row = plan.schema()->value.fields.at(1).schema;
  CHECK_FALSE(row.fields.at(1).schema.is_optional);
  CHECK(row.fields.at(2).schema.is_optional);
  CHECK(table_plan(table).schema() == nullptr);
  CHECK(table_plan(table, no_key{}, with).schema()->key == std::nullopt);
}

TEST_CASE("a truncate and a table without key have their schemas, too") {
  auto table = described_people();
  table.key.clear();
  const auto made = encoded_as(record_format::debezium_schema, emptied(table));
  REQUIRE(made.size() == 1);
  CHECK(made[0].key == std::nullopt);
  CHECK(made[0].value == value_opening() + value("null", "null", "t") + "}");
}

TEST_CASE("flat is the new row with what happened to it") {
  const auto table = people();
  const auto made = encoded_as(record_format::flat, inserted(table));
  REQUIRE(made.size() == 1);
  CHECK(made[0].key == R"({"id":1})");
  CHECK(made[0].value == flat(R"("id":1,"name":"Ann","n":null,)", "c", false));
  const auto gone = encoded_as(record_format::flat, deleted(table));
  REQUIRE(gone.size() == 2);
  CHECK(gone[0].value == flat(R"("id":1,"name":null,"n":null,)", "d", true));
  CHECK(gone[1].value == std::nullopt);
  const auto records = encoded_as(record_format::flat, moved(table));
  REQUIRE(records.size() == 3);
  CHECK(records[0].value == flat(R"("id":1,"name":null,"n":null,)", "d", true));
  CHECK(records[2].value == flat(R"("id":2,"name":"Ann","n":7,)", "c", false));
  const auto none = encoded_as(record_format::flat, emptied(table));
  REQUIRE(none.size() == 1);
  CHECK(none[0].value == flat("", "t", true));
}

TEST_CASE("flat tells where a row stands in its transaction, and refuses a column with a name of its own") {
  const auto table = people();
  envelope by(options());
  const inserted change(table);
  const auto made = keep(by.encode(table_plan(table, table_key{}, written_as(record_format::flat)), change.what,
                                   now, transaction_order{"555:7", 3, 2}));
  auto expected = flat(R"("id":1,"name":"Ann","n":null,)", "c", false);
  expected.pop_back();
  CHECK(
      made.at(0).value ==
      expected +
          R"(,"__transaction_id":"555:7","__transaction_total_order":3,"__transaction_data_collection_order":2})");
  const auto clash = rows::table({{"id", type::int4, true}, {"__op"}}, {0});
  CHECK_THROWS_AS(table_plan(clash, table_key{}, written_as(record_format::flat)), encode_error);
  CHECK_NOTHROW(table_plan(clash));
}

TEST_CASE("a CloudEvent holds before and after, and everything of the source in attributes") {
  const auto table = people();
  const auto made = encoded_as(record_format::cloudevents, inserted(table));
  REQUIRE(made.size() == 1);
  CHECK(made[0].key == R"({"id":1})");
  CHECK(made[0].value ==
        event_of("c", ";seq:1;part:0", R"({"before":null,"after":{"id":1,"name":"Ann","n":null}})"));
}

TEST_CASE("no two CloudEvents have one id, though their changes share an LSN") {
  const auto table = people();
  const auto records = encoded_as(record_format::cloudevents, moved(table));
  REQUIRE(records.size() == 3);
  CHECK(records[0].value ==
        event_of("d", ";seq:1;part:0", R"({"before":{"id":1,"name":null,"n":null},"after":null})"));
  CHECK(records[1].value == std::nullopt);
  CHECK(records[2].value ==
        event_of("c", ";seq:1;part:2", R"({"before":null,"after":{"id":2,"name":"Ann","n":7}})"));
}

TEST_CASE("compatibility gives CloudEvents Debezium's ids, and rows its context headers") {
  auto with = options();
  with.is_debezium = true;
  envelope by(with);
  const auto table = people();
  const auto made = encoded_as(record_format::cloudevents, inserted(table), by);
  CHECK(made.at(0).value == event_of("c", R"(;sequence:[null,\"24023128\"])",
                                     R"({"before":null,"after":{"id":1,"name":"Ann","n":null}})"));
  using headers = std::vector<std::pair<std::string, std::string>>;
  const headers context{{"__debezium.context.connectorLogicalName", "srv"},
                        {"__debezium.context.taskId", "0"},
                        {"__debezium.context.connectorName", "postgresql"}};
  CHECK(made.at(0).headers == context);
  const auto records = encoded_as(record_format::debezium, moved(table), by);
  REQUIRE(records.size() == 3);
  auto of_old = context;
  of_old.insert(of_old.begin(), {"__debezium.newkey", R"({"id":2})"});
  CHECK(records[1].headers == of_old);
  auto of_new = context;
  of_new.insert(of_new.begin(), {"__debezium.oldkey", R"({"id":1})"});
  CHECK(records[2].headers == of_new);
}

TEST_CASE("CloudEvents count the events of their transaction") {
  const auto table = people();
  envelope by(options());
  const moved change(table);
  const auto made = keep(by.encode(table_plan(table, table_key{}, written_as(record_format::cloudevents)),
                                   change.what, now, transaction_order{"555:7", 3, 2}));
  const auto order = [](const std::string& total, const std::string& of_table) {
    return R"("iodebeziumtxid":"555:7","iodebeziumtxtotalorder":")" + total +
           R"(","iodebeziumtxdatacollectionorder":")" + of_table + "\"";
  };
  CHECK(made.at(0).value->find(order("3", "2")) != std::string::npos);
  CHECK(made.at(2).value->find(order("4", "3")) != std::string::npos);
}

TEST_CASE("logical messages follow the format") {
  const auto opened = transaction();
  event::change message;
  message.op = operation::message;
  message.within = &opened;
  message.seq = 1;
  message.at = lsn(24'023'128);
  message.message_prefix = "foo";
  message.message_content = "bar";
  envelope by(options());
  const auto as = [&](record_format format) { return keep(by.encode_message(message, now, format)).at(0); };
  const auto plain = as(record_format::debezium);
  CHECK(plain.key == R"({"prefix":"foo"})");
  CHECK(as(record_format::flat).value == plain.value);
  const auto described = as(record_format::debezium_schema);
  CHECK(described.key == schema_opening(message_key_schema()) + *plain.key + "}");
  CHECK(described.value == schema_opening(message_value_schema()) + *plain.value + "}");
  auto event = event_of("m", ";seq:1;part:0", R"({"message":{"prefix":"foo","content":"YmFy"}})");
  const auto names = event.find(R"("iodebeziumschema":"public","iodebeziumtable":"t")");
  event.replace(names, std::string(R"("iodebeziumschema":"public","iodebeziumtable":"t")").size(),
                R"("iodebeziumschema":"","iodebeziumtable":"")");
  CHECK(as(record_format::cloudevents).value == event);
  auto with = options();
  with.is_debezium = true;
  envelope compatible(with);
  CHECK(keep(compatible.encode_message(message, now)).at(0).headers.empty());
}

TEST_CASE("changes of a grouped record have the target's format") {
  const auto table = described_people();
  envelope by(options());
  const inserted change(table);
  const table_plan plan(table, no_key{}, written_as(record_format::flat));
  CHECK(by.encode_value(plan, change.what, now) == flat(R"("id":1,"name":"Ann","n":null,)", "c", false));
  const table_plan described(table, no_key{}, written_as(record_format::debezium_schema));
  CHECK(by.encode_value(described, change.what, now) ==
        value_opening() + value("null", R"({"id":1,"name":"Ann","n":null})", "c") + "}");
}
