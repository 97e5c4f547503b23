#include "rows.hpp"

#include <encode/envelope.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace weir;
using namespace weir::encode;
using namespace weir::encode::rows;
using Catch::Matchers::ContainsSubstring;
using event::old_row;
using event::operation;

namespace {

/// What the envelope complains of; it must encode the next row as if nothing had been.
std::optional<encode_error> complaint(envelope& by, const change_of& change) {
  std::optional<encode_error> caught;
  try {
    encoded_by(by, change);
  } catch (const encode_error& error) {
    caught = error;
  }
  const auto table = people();
  const auto next =
      encoded_by(by, change_of(operation::create, table, {}, {text("1"), text("Ann"), text("5")}));
  REQUIRE(next.size() == 1);
  CHECK(next[0].value == value("null", R"({"id":1,"name":"Ann","n":5})", "c"));
  return caught;
}

}  // namespace

TEST_CASE("002-1 a value that is not of its type is refused with table and column, and the next row passes") {
  envelope by(options());
  const auto table = people();
  const auto error = complaint(by, change_of(operation::create, table, {}, {text("1"), null, text("secret")}));
  REQUIRE(error.has_value());
  CHECK(error->table() == "public.t");
  CHECK(error->column() == "n");
  CHECK_THAT(error->what(), ContainsSubstring("column n of public.t") && ContainsSubstring("6 bytes"));
  CHECK_THAT(error->what(), !ContainsSubstring("secret"));
}

TEST_CASE("002-1 text that is not UTF-8 is refused wherever it stands, and the next row passes") {
  envelope by(options());
  const auto table = people();
  // A lone continuation, a sequence that the end of the value cuts off, a surrogate, an overlong quote, above
  // U+10FFFF.
  for (const char* wrong : {"\x80", "abc\xC3", "\xED\xA0\x80", "\xC0\xA2", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    for (const std::string& padding : {std::string(), std::string(100, 'x')}) {
      const std::string bytes = padding + wrong;
      const auto after = complaint(by, change_of(operation::create, table, {}, {text("1"), text(bytes), null}));
      REQUIRE(after.has_value());
      CHECK(after->column() == "name");
      const auto before =
          complaint(by, change_of(operation::remove, table, {text("1"), text(bytes), null}, {}, old_row::full));
      REQUIRE(before.has_value());
      CHECK(before->column() == "name");
      const auto kept = complaint(by, change_of(operation::update, table, {text("1"), text(bytes), null},
                                                {text("1"), unchanged, null}, old_row::full));
      CHECK(kept.has_value());
    }
  }
}

TEST_CASE("a name that is not UTF-8 makes every change of its table a refusal, not the plan") {
  envelope by(options());
  const auto column = rows::table({{"a\xFF", type::int4, true}}, {0});
  CHECK(complaint(by, change_of(operation::create, column, {}, {text("1")})).has_value());
  const auto named = rows::table({{"a", type::int4, true}}, {0}, "t\xFF");
  CHECK(complaint(by, change_of(operation::truncate, named, {}, {})).has_value());
}

TEST_CASE("a row that has not the values of its table is refused") {
  envelope by(options());
  const auto table = people();
  CHECK(complaint(by, change_of(operation::create, table, {}, {text("1")})).has_value());
  CHECK(complaint(by, change_of(operation::create, table, {}, {})).has_value());
  CHECK(complaint(by, change_of(operation::remove, table, {}, {})).has_value());
}

TEST_CASE("a key column that nothing is known of is refused") {
  envelope by(options());
  const auto table = people();
  const auto error = complaint(by, change_of(operation::update, table, {}, {unchanged, null, null}));
  REQUIRE(error.has_value());
  CHECK(error->column() == "id");
}

TEST_CASE("a message prefix that is not UTF-8 is refused") {
  envelope by(options());
  event::change what;
  what.op = operation::message;
  what.message_prefix = "\xFF";
  CHECK_THROWS_AS((void)by.encode_message(what, now), encode_error);
}
