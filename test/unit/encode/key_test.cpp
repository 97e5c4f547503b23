#include "rows.hpp"

#include <encode/envelope.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace weir::encode;
using namespace weir::encode::rows;
using event::old_row;
using event::operation;

using headers = std::vector<std::pair<std::string, std::string>>;

TEST_CASE("pk-1 a changed primary key is a delete, its tombstone and a create that name each other's key") {
  envelope by(options());
  const auto table = rows::table({{"id", type::int4, true}, {"name"}}, {0});
  const auto records = encoded_by(
      by, change_of(operation::update, table, {text("1"), null}, {text("2"), text("b")}, old_row::identity));
  REQUIRE(records.size() == 3);
  CHECK(records[0].key == "{\"id\":1}");
  CHECK(records[0].value == value(R"({"id":1,"name":null})", "null", "d"));
  CHECK(records[0].headers == headers{{"__debezium.newkey", "{\"id\":2}"}});
  CHECK(records[1].key == "{\"id\":1}");
  CHECK_FALSE(records[1].value.has_value());
  CHECK(records[1].headers == headers{{"__debezium.newkey", "{\"id\":2}"}});
  CHECK(records[2].key == "{\"id\":2}");
  CHECK(records[2].value == value("null", R"({"id":2,"name":"b"})", "c"));
  CHECK(records[2].headers == headers{{"__debezium.oldkey", "{\"id\":1}"}});
  for (std::uint32_t part = 0; part < 3; ++part) CHECK(records[part].part == part);
}

TEST_CASE("pk-1 without tombstones a changed primary key is two records") {
  envelope by(options(false));
  const auto table = rows::table({{"id", type::int4, true}, {"name"}}, {0});
  const auto records = encoded_by(
      by, change_of(operation::update, table, {text("1"), null}, {text("2"), text("b")}, old_row::identity));
  REQUIRE(records.size() == 2);
  CHECK(records[0].key == "{\"id\":1}");
  CHECK(records[1].key == "{\"id\":2}");
  CHECK(records[1].part == 1);
}

TEST_CASE("pk-2 with a full old row the delete of a changed key holds every column") {
  envelope by(options());
  const auto table = rows::table({{"id", type::int4, true}, {"name", type::text, true}}, {0});
  const auto records = encoded_by(
      by, change_of(operation::update, table, {text("1"), text("a")}, {text("2"), text("a")}, old_row::full));
  REQUIRE(records.size() == 3);
  CHECK(records[0].value == value(R"({"id":1,"name":"a"})", "null", "d"));
}

TEST_CASE("pk-3 the key has the order of the primary key, not of the table") {
  envelope by(options());
  const auto table = rows::table({{"a", type::int4, true}, {"b"}, {"c", type::text, true}}, {2, 0});
  const auto records = encoded_by(by, change_of(operation::create, table, {}, {text("1"), null, text("x")}));
  CHECK(records.at(0).key == R"({"c":"x","a":1})");
}

TEST_CASE("key-1 a table without key has records without key") {
  envelope by(options());
  const auto table = rows::table({{"a", type::int4}}, {});
  const auto records = encoded_by(by, change_of(operation::create, table, {}, {text("1")}));
  REQUIRE(records.size() == 1);
  CHECK_FALSE(records[0].key.has_value());
}

TEST_CASE("key-2 without a key a delete has no tombstone, for there is nothing to bury") {
  envelope by(options());
  const auto table = rows::table({{"a", type::int4, true}}, {});
  const auto updated =
      encoded_by(by, change_of(operation::update, table, {text("1")}, {text("2")}, old_row::full));
  REQUIRE(updated.size() == 1);
  CHECK_FALSE(updated[0].key.has_value());
  CHECK(updated[0].value == value(R"({"a":1})", R"({"a":2})", "u"));
  const auto removed = encoded_by(by, change_of(operation::remove, table, {text("2")}, {}, old_row::full));
  REQUIRE(removed.size() == 1);
  CHECK_FALSE(removed[0].key.has_value());
  CHECK(removed[0].value == value(R"({"a":2})", "null", "d"));
}

TEST_CASE("idx-1 and idx-2 an identity that is not the key leaves the key alone") {
  envelope by(options());
  const auto table = rows::table({{"id", type::int4}, {"code", type::text, true}}, {0});
  const auto plain = encoded_by(by, change_of(operation::update, table, {}, {text("1"), text("k")}));
  REQUIRE(plain.size() == 1);
  CHECK(plain[0].key == "{\"id\":1}");
  const auto records = encoded_by(
      by, change_of(operation::update, table, {null, text("k")}, {text("1"), text("k2")}, old_row::identity));
  REQUIRE(records.size() == 1);
  CHECK(records[0].key == "{\"id\":1}");
  CHECK(records[0].value == value(R"({"id":null,"code":"k"})", R"({"id":1,"code":"k2"})", "u"));
}

TEST_CASE("a delete whose identity leaves the key out is refused: a key is never guessed") {
  envelope by(options());
  const auto table = rows::table({{"id", type::int4}, {"code", type::text, true}}, {0});
  const change_of change(operation::remove, table, {null, text("k")}, {}, old_row::identity);
  try {
    encoded_by(by, change);
    FAIL("the key column id was not sent");
  } catch (const encode_error& error) {
    CHECK(error.table() == "public.t");
    CHECK(error.column() == "id");
  }
}

TEST_CASE("a key column of which the server sends the old value only is unchanged, not moved") {
  envelope by(options());
  const auto table = rows::table({{"id", type::text, true}, {"n", type::int4}}, {0});
  const auto records = encoded_by(
      by, change_of(operation::update, table, {text("long"), null}, {unchanged, text("2")}, old_row::identity));
  REQUIRE(records.size() == 1);
  CHECK(records[0].key == R"({"id":"long"})");
  CHECK(records[0].value == value(R"({"id":"long","n":null})", R"({"id":"long","n":2})", "u"));
}
