#include "rows.hpp"

#include <encode/envelope.hpp>

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>

using namespace weir;
using namespace weir::encode;
using namespace weir::encode::rows;
using event::old_row;
using event::operation;

namespace {

std::string single(envelope& by, const change_of& change) {
  return std::string(by.encode_value(table_plan(*change.what.table), change.what, now));
}

}  // namespace

TEST_CASE("a change as one envelope is the value of its record") {
  envelope by(options());
  const auto table = people();
  const auto full = rows::table({{"id", type::int4, true}, {"name", type::text, true}}, {0});
  const auto agrees = [&](const change_of& change) {
    const auto records = encoded_by(by, change);
    CHECK(single(by, change) == records.at(0).value);
  };
  agrees({operation::create, table, {}, {text("1"), text("a"), null}});
  agrees({operation::read, table, {}, {text("1"), text("a"), null}});
  agrees({operation::update, table, {}, {text("1"), unchanged, null}});
  agrees({operation::update, full, {text("1"), text("a")}, {text("1"), text("b")}, old_row::full});
  agrees({operation::remove, table, {text("1"), null, null}, {}, old_row::identity});
  agrees({operation::truncate, table, {}, {}});
}

TEST_CASE("a changed key stays one update in one envelope") {
  envelope by(options());
  const auto table = rows::table({{"id", type::int4, true}, {"name"}}, {0});
  const change_of change(operation::update, table, {text("1"), null}, {text("2"), text("b")},
                         old_row::identity);
  CHECK(single(by, change) == value(R"({"id":1,"name":null})", R"({"id":2,"name":"b"})", "u"));
}

TEST_CASE("one envelope needs no key: a delete without it is whole, and what cannot be encoded is refused") {
  envelope by(options());
  const auto table = rows::table({{"id", type::int4}, {"code", type::text, true}}, {0});
  const change_of removed(operation::remove, table, {null, text("k")}, {}, old_row::identity);
  CHECK(single(by, removed) == value(R"({"id":null,"code":"k"})", "null", "d"));
  const change_of broken(operation::create, table, {}, {text("one"), null});
  CHECK_THROWS_AS(single(by, broken), encode_error);
  const change_of none(operation::remove, table, {}, {});
  CHECK_THROWS_AS(single(by, none), encode_error);
  const change_of message(operation::message, table, {}, {null, null});
  CHECK_THROWS_AS(by.encode_value(table_plan(table), message.what, now), std::logic_error);
  CHECK(single(by, removed) == value(R"({"id":null,"code":"k"})", "null", "d"));
}
