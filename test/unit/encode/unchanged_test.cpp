#include "rows.hpp"

#include <encode/envelope.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace weir::encode;
using namespace weir::encode::rows;
using event::old_row;
using event::operation;

namespace {

event::relation documents(std::uint32_t type = type::text) {
  return rows::table({{"id", type::int4, true}, {"big", type}, {"n", type::int4}}, {0});
}

}  // namespace

TEST_CASE("toast-2 with a full old row an unchanged value is the old one") {
  envelope by(options());
  const auto table = documents();
  const std::string big(9000, 'x');
  const auto records = encoded_by(by, change_of(operation::update, table, {text("1"), text(big), text("1")},
                                                {text("1"), unchanged, text("2")}, old_row::full));
  REQUIRE(records.size() == 1);
  CHECK(records[0].value ==
        value(R"({"id":1,"big":")" + big + R"(","n":1})", R"({"id":1,"big":")" + big + R"(","n":2})", "u"));
}

TEST_CASE("toast-3 a changed key with an unchanged value has null before it and the placeholder after it") {
  envelope by(options());
  const auto table = documents();
  const auto records = encoded_by(by, change_of(operation::update, table, {text("1"), null, null},
                                                {text("2"), unchanged, text("1")}, old_row::identity));
  REQUIRE(records.size() == 3);
  CHECK(records[0].value == value(R"({"id":1,"big":null,"n":null})", "null", "d"));
  CHECK(records[2].value == value("null", R"({"id":2,"big":"__debezium_unavailable_value","n":1})", "c"));
}

TEST_CASE("toast-4 the placeholder has the form of its type, and is never null") {
  envelope by(options());
  const auto after = [&](std::uint32_t type) {
    const auto table = documents(type);
    return *encoded_by(by, change_of(operation::update, table, {}, {text("1"), unchanged, null})).at(0).value;
  };
  const std::string plain = value("null", R"({"id":1,"big":"__debezium_unavailable_value","n":null})", "u");
  CHECK(after(type::text) == plain);
  CHECK(after(type::jsonb) == plain);
  CHECK(after(type::numeric) == plain);
  CHECK(
      after(type::int4_array) ==
      value("null",
            R"({"id":1,"big":[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,)"
            R"(95,118,97,108,117,101],"n":null})",
            "u"));
  CHECK(after(1009) == value("null", R"({"id":1,"big":["__debezium_unavailable_value"],"n":null})", "u"));
  CHECK(after(1001) ==
        value("null", R"({"id":1,"big":["X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="],"n":null})", "u"));
  CHECK(after(2951) ==
        value("null", R"({"id":1,"big":["b68a35a7-17ad-35b3-af2a-ae46edb4545a"],"n":null})", "u"));
  CHECK(after(type::bytea) ==
        value("null", R"({"id":1,"big":"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==","n":null})", "u"));
}

TEST_CASE("toast-6 a value that did change is itself, and a NULL is null") {
  envelope by(options());
  const auto table = documents();
  CHECK(encoded_by(by, change_of(operation::update, table, {}, {text("1"), text("new"), null})).at(0).value ==
        value("null", R"({"id":1,"big":"new","n":null})", "u"));
  CHECK(encoded_by(by, change_of(operation::update, table, {}, {text("1"), null, null})).at(0).value ==
        value("null", R"({"id":1,"big":null,"n":null})", "u"));
}
