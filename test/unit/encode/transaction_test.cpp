#include "rows.hpp"

#include <encode/envelope.hpp>
#include <encode/transaction_topic.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace weir::encode;
using namespace weir::encode::rows;
using event::old_row;
using event::operation;

namespace {

bool holds(const std::optional<std::string>& value, std::string_view what) {
  return value && value->find(what) != std::string::npos;
}

constexpr transaction_order third_and_second{"555:24023200", 3, 2};

}  // namespace

TEST_CASE("a transaction's id is its number and the LSN that BEGIN announces") {
  CHECK(transaction_id(transaction()) == "555:24023200");
}

TEST_CASE("an event tells its place in the transaction where that is asked for") {
  envelope by(options());
  const auto table = people();
  const change_of change(operation::create, table, {}, {text("1"), null, null});
  const table_plan plan(table);
  const auto placed = keep(by.encode(plan, change.what, now, third_and_second));
  CHECK(holds(placed.at(0).value,
              R"(,"transaction":{"id":"555:24023200","total_order":3,"data_collection_order":2},"op":"c")"));
  const std::string single(by.encode_value(plan, change.what, now, third_and_second));
  CHECK(single == placed[0].value);
  CHECK(holds(keep(by.encode(plan, change.what, now)).at(0).value, R"(,"transaction":null,"op":"c")"));
}

TEST_CASE("delete and create of a changed key are two events of the transaction, their tombstone none") {
  envelope by(options());
  const auto table = rows::table({{"id", type::int4, true}, {"name"}}, {0});
  const change_of change(operation::update, table, {text("1"), null}, {text("2"), null}, old_row::identity);
  const auto records = keep(by.encode(table_plan(table), change.what, now, third_and_second));
  REQUIRE(records.size() == 3);
  CHECK(holds(records[0].value, R"("total_order":3,"data_collection_order":2},"op":"d")"));
  CHECK(holds(records[2].value, R"("total_order":4,"data_collection_order":3},"op":"c")"));
}

TEST_CASE("the transaction topic tells where a transaction begins and ends, and what it held") {
  const auto begin = transaction_begin("571:53195829", at(1'700'000'000'123'456));
  CHECK(begin.key == R"({"id":"571:53195829"})");
  CHECK(
      begin.value ==
      R"({"status":"BEGIN","id":"571:53195829","event_count":null,"data_collections":null,"ts_ms":1700000000123})");
  const std::vector<collection_count> tables{{"s1.a", 1}, {"s2.b \"x\"", 2}};
  const auto end = transaction_end("571:53195829", at(1'700'000'000'123'456), tables);
  CHECK(end.key == begin.key);
  CHECK(end.value == R"({"status":"END","id":"571:53195829","event_count":3,"data_collections":[)"
                     R"({"data_collection":"s1.a","event_count":1},)"
                     R"({"data_collection":"s2.b \"x\"","event_count":2}],"ts_ms":1700000000123})");
  CHECK(transaction_end("1:2", at(0), {}).value ==
        R"({"status":"END","id":"1:2","event_count":0,"data_collections":[],"ts_ms":0})");
}
