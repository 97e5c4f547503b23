#include "rows.hpp"

#include <encode/envelope.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

using namespace weir;
using namespace weir::encode;
using namespace weir::encode::rows;
using event::old_row;
using event::operation;

namespace {

/// `orders(id int primary key, tenant int, state text)`: what the identity covers is the test's to say.
event::relation orders(std::vector<std::string> identity = {"id"}) {
  auto made = rows::table({{"id", type::int4}, {"tenant", type::int4}, {"state"}}, {0}, "orders");
  for (auto& each : made.columns) {
    each.is_identity = std::find(identity.begin(), identity.end(), each.name) != identity.end();
  }
  return made;
}

const std::vector<std::string> whole_row{"id", "tenant", "state"};

std::vector<kept> encoded_with(const key_choice& key, const change_of& change, bool tombstones = true) {
  envelope by(options(tombstones));
  return keep(by.encode(table_plan(*change.what.table, key), change.what, now));
}

std::string refusal(const key_choice& key, const change_of& change) {
  try {
    encoded_with(key, change);
  } catch (const encode_error& error) {
    return error.what();
  }
  FAIL("encoded");
  return {};
}

const key_choice by_tenant = column_key{{"tenant"}};

}  // namespace

TEST_CASE("a key of given columns has their order") {
  const auto table = orders();
  const change_of change(operation::create, table, {}, {text("1"), text("7"), text("new")});
  CHECK(encoded_with(by_tenant, change).at(0).key == R"({"tenant":7})");
  CHECK(encoded_with(column_key{{"state", "id"}}, change).at(0).key == R"({"state":"new","id":1})");
  const change_of without(operation::create, table, {}, {text("1"), null, null});
  CHECK(encoded_with(by_tenant, without).at(0).key == R"({"tenant":null})");
}

TEST_CASE("a key of a column that the table has not is refused with the plan") {
  const auto refused = [](const std::vector<std::string>& names) {
    try {
      const table_plan made(orders(), column_key{names});
    } catch (const encode_error& error) {
      CHECK(error.table() == "public.orders");
      return std::string(error.what());
    }
    FAIL("a plan was made");
    return std::string();
  };
  CHECK(refused({"id", "shop"}).find("column shop of public.orders") != std::string::npos);
  CHECK(refused({"id", "shop"}).find("the table has no such column") != std::string::npos);
  CHECK(refused({"id", "tenant", "id"}).find("names it twice") != std::string::npos);
}

TEST_CASE("without a key there is none, whatever the table has, and nothing to bury") {
  const auto table = orders();
  const auto removed = encoded_with(
      no_key{}, change_of(operation::remove, table, {text("1"), null, null}, {}, old_row::identity));
  REQUIRE(removed.size() == 1);
  CHECK_FALSE(removed[0].key.has_value());
  const auto moved = encoded_with(no_key{}, change_of(operation::update, table, {text("1"), null, null},
                                                      {text("2"), text("7"), null}, old_row::identity));
  REQUIRE(moved.size() == 1);
  CHECK_FALSE(moved[0].key.has_value());
  CHECK(moved[0].value->find("\"op\":\"u\"") != std::string::npos);
}

TEST_CASE("pk-1 a changed key of given columns is a delete, its tombstone and a create") {
  const auto table = orders(whole_row);
  const change_of change(operation::update, table, {text("1"), text("7"), null}, {text("1"), text("8"), null},
                         old_row::full);
  const auto records = encoded_with(column_key{{"tenant", "id"}}, change);
  REQUIRE(records.size() == 3);
  CHECK(records[0].key == R"({"tenant":7,"id":1})");
  CHECK(records[0].value == value(R"({"id":1,"tenant":7,"state":null})", "null", "d", "orders"));
  CHECK(records[0].headers.at(0) ==
        std::pair<std::string, std::string>{"__debezium.newkey", R"({"tenant":8,"id":1})"});
  CHECK(records[1].key == R"({"tenant":7,"id":1})");
  CHECK_FALSE(records[1].value.has_value());
  CHECK(records[2].key == R"({"tenant":8,"id":1})");
  CHECK(records[2].value == value("null", R"({"id":1,"tenant":8,"state":null})", "c", "orders"));
}

TEST_CASE("a change of a column outside of the key is one update, the primary key's too") {
  const auto table = orders(whole_row);
  const auto records = encoded_with(by_tenant, change_of(operation::update, table, {text("1"), text("7"), null},
                                                         {text("2"), text("7"), null}, old_row::full));
  REQUIRE(records.size() == 1);
  CHECK(records[0].key == R"({"tenant":7})");
}

TEST_CASE("a key that several rows share has no tombstones, which would bury the others") {
  const auto table = orders(whole_row);
  const auto removed = encoded_with(
      by_tenant, change_of(operation::remove, table, {text("1"), text("7"), null}, {}, old_row::full));
  REQUIRE(removed.size() == 1);
  CHECK(removed[0].key == R"({"tenant":7})");
  const auto moved = encoded_with(by_tenant, change_of(operation::update, table, {text("1"), text("7"), null},
                                                       {text("1"), text("8"), null}, old_row::full));
  REQUIRE(moved.size() == 2);
  CHECK(moved[0].key == R"({"tenant":7})");
  CHECK(moved[1].key == R"({"tenant":8})");
  CHECK(moved[1].part == 1);
  CHECK_FALSE(table_plan(table, by_tenant).key_identifies());
  CHECK(table_plan(table, column_key{{"state", "id"}}).key_identifies());
  CHECK(table_plan(table).key_identifies());
  CHECK_FALSE(table_plan(table, no_key{}).key_identifies());
  auto keyless = table;
  keyless.key.clear();
  CHECK_FALSE(table_plan(keyless, column_key{{"id"}}).key_identifies());
}

TEST_CASE("a delete that came without a column of its key is refused: a key is never guessed") {
  const auto table = orders();
  const change_of change(operation::remove, table, {text("1"), null, null}, {}, old_row::identity);
  CHECK(refusal(by_tenant, change).find("the replica identity has to cover the key") != std::string::npos);
  CHECK(table_plan(table, by_tenant).uncovered_key_columns() == std::vector<std::string>{"tenant"});
  CHECK(table_plan(table, column_key{{"id"}}).uncovered_key_columns().empty());
}

TEST_CASE("an update whose old key nobody knows stays one update under its new key") {
  const auto table = orders();
  const auto records =
      encoded_with(by_tenant, change_of(operation::update, table, {}, {text("1"), text("8"), null}));
  REQUIRE(records.size() == 1);
  CHECK(records[0].key == R"({"tenant":8})");
  CHECK(records[0].value->find("\"op\":\"u\"") != std::string::npos);
}

TEST_CASE("a key of which a part is seen to change and the rest is unknown is refused") {
  const auto table = orders();
  const change_of change(operation::update, table, {text("1"), null, null}, {text("2"), text("8"), null},
                         old_row::identity);
  CHECK(refusal(column_key{{"id", "tenant"}}, change).find("column tenant") != std::string::npos);
  CHECK(encoded_with(by_tenant, change).size() == 1);
}
