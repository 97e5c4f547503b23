#include "rows.hpp"

#include <encode/envelope.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace weir::encode;
using namespace weir::encode::rows;
using event::old_row;
using event::operation;

TEST_CASE("ins-1 an insert is a c with its key, no before, and NULLs that stay null") {
  envelope by(options());
  const auto table = people();
  const auto first =
      encoded_by(by, change_of(operation::create, table, {}, {text("1"), text("Ann"), text("5")}));
  REQUIRE(first.size() == 1);
  CHECK(first[0].key == "{\"id\":1}");
  CHECK(first[0].value == value("null", R"({"id":1,"name":"Ann","n":5})", "c"));
  CHECK(first[0].part == 0);
  CHECK(first[0].headers.empty());
  const auto second = encoded_by(by, change_of(operation::create, table, {}, {text("2"), null, null}));
  CHECK(second.at(0).value == value("null", R"({"id":2,"name":null,"n":null})", "c"));
}

TEST_CASE("upd-1 an update without an old row is a u with before null") {
  envelope by(options());
  const auto table = people();
  const auto records =
      encoded_by(by, change_of(operation::update, table, {}, {text("1"), text("Ann"), text("2")}));
  REQUIRE(records.size() == 1);
  CHECK(records[0].key == "{\"id\":1}");
  CHECK(records[0].value == value("null", R"({"id":1,"name":"Ann","n":2})", "u"));
}

TEST_CASE("an update with a full old row is a u with all of it") {
  envelope by(options());
  const auto table = people();
  const auto records = encoded_by(by, change_of(operation::update, table, {text("1"), text("Ann"), null},
                                                {text("1"), text("Ann"), text("2")}, old_row::full));
  REQUIRE(records.size() == 1);
  CHECK(records[0].value == value(R"({"id":1,"name":"Ann","n":null})", R"({"id":1,"name":"Ann","n":2})", "u"));
}

TEST_CASE("del-2 a delete with a full old row is a d with all of it and a tombstone") {
  envelope by(options());
  const auto table = people();
  const auto records = encoded_by(
      by, change_of(operation::remove, table, {text("1"), text("Ann"), text("5")}, {}, old_row::full));
  REQUIRE(records.size() == 2);
  CHECK(records[0].key == "{\"id\":1}");
  CHECK(records[0].value == value(R"({"id":1,"name":"Ann","n":5})", "null", "d"));
  CHECK(records[1].key == "{\"id\":1}");
  CHECK_FALSE(records[1].value.has_value());
  CHECK(records[0].part == 0);
  CHECK(records[1].part == 1);
}

TEST_CASE("del-3 with tombstones off a delete is a d only") {
  envelope by(options(false));
  const auto table = people();
  const auto records =
      encoded_by(by, change_of(operation::remove, table, {text("1"), null, null}, {}, old_row::identity));
  REQUIRE(records.size() == 1);
  CHECK(records[0].value.has_value());
}

TEST_CASE("a delete with the identity only has the key and nulls in before: no value is invented") {
  envelope by(options());
  const auto table = people();
  const auto records =
      encoded_by(by, change_of(operation::remove, table, {text("1"), null, null}, {}, old_row::identity));
  REQUIRE(records.size() == 2);
  CHECK(records[0].value == value(R"({"id":1,"name":null,"n":null})", "null", "d"));
}

TEST_CASE("trunc-2 a truncate is a t without key, rows and tombstone, once for each table") {
  envelope by(options());
  const auto table = people();
  for (const char* name : {"t", "u"}) {
    auto named = table;
    named.name = name;
    const auto records = encoded_by(by, change_of(operation::truncate, named, {}, {}));
    REQUIRE(records.size() == 1);
    CHECK_FALSE(records[0].key.has_value());
    CHECK(records[0].value == value("null", "null", "t", name));
  }
}

TEST_CASE("a table without columns has empty rows, not missing ones") {
  envelope by(options());
  const auto table = rows::table({}, {});
  CHECK(encoded_by(by, change_of(operation::create, table, {}, {})).at(0).value == value("null", "{}", "c"));
}

TEST_CASE("names are escaped once for the table") {
  envelope by(options());
  const auto table = rows::table({{"a \"b\"\\", type::int4, true}}, {0}, "Quoted_\" . T");
  const auto records = encoded_by(by, change_of(operation::create, table, {}, {text("1")}));
  CHECK(records.at(0).key == R"({"a \"b\"\\":1})");
  CHECK(records.at(0).value == value("null", R"({"a \"b\"\\":1})", "c", R"(Quoted_\" . T)"));
}

TEST_CASE("a snapshot read is an r whose source says so") {
  envelope by(options());
  const auto table = people();
  const auto records = encoded_by(by, change_of(operation::read, table, {}, {text("1"), null, null}));
  CHECK(records.at(0).value->find("\"snapshot\":\"true\"") != std::string::npos);
  CHECK(records.at(0).value->find("\"op\":\"r\"") != std::string::npos);
}

TEST_CASE("a plan of another version of the table is refused, not used") {
  envelope by(options());
  auto table = people();
  const table_plan plan(table);
  table.version = 8;
  const change_of change(operation::create, table, {}, {text("1"), null, null});
  CHECK_THROWS_AS(by.encode(plan, change.what, now), std::logic_error);
}
