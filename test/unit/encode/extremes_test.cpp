#include "rows.hpp"

#include <encode/cell.hpp>
#include <encode/envelope.hpp>
#include <encode/table_plan.hpp>

#include <simdjson.h>
#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace weir;
using namespace weir::encode;
using namespace weir::encode::rows;

namespace {

std::optional<std::string> write_numeric(std::string_view text, const value_modes& modes,
                                         std::int32_t modifier = -1) {
  event::column column;
  column.base_type_oid = column.type_oid = type::numeric;
  column.type_modifier = modifier;
  const cell by = cell_for(column, modes);
  text_buffer to;
  if (!by.write(to, text, by)) return std::nullopt;
  return std::string(to.view(0, to.size()));
}

std::string many_digits(std::size_t count) {
  std::string made;
  for (std::size_t i = 0; i < count; ++i) made += static_cast<char>('1' + (i * 7 + i / 9) % 9);
  return made;
}

constexpr std::uint64_t prime = 1'000'000'007;

std::uint64_t rest_of(std::string_view digits) {
  std::uint64_t rest = 0;
  for (const char byte : digits) rest = (rest * 10 + static_cast<std::uint64_t>(byte - '0')) % prime;
  return rest;
}

/// What base64 says, as a magnitude whose sign bit is not set.
std::uint64_t rest_of_base64(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::uint64_t rest = 0, bits = 0;
  unsigned count = 0;
  for (const char byte : text) {
    if (byte == '=') break;
    bits = (bits << 6U) | alphabet.find(byte);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    rest = (rest * 256 + ((bits >> count) & 255U)) % prime;
    bits &= (1U << count) - 1;
  }
  return rest;
}

}  // namespace

TEST_CASE("a numeric of 100 000 digits is written in every mode") {
  const auto whole = many_digits(60'000);
  const auto fraction = many_digits(40'000);
  const auto text = whole + "." + fraction;
  CHECK(write_numeric(text, {}) == '"' + text + '"');

  value_modes precise;
  precise.decimals = decimal_mode::precise;
  simdjson::dom::parser parser;
  const auto written = write_numeric(text, precise).value();
  const auto variable = parser.parse(simdjson::padded_string(written));
  CHECK(variable["scale"].get_uint64().value() == fraction.size());
  CHECK(rest_of_base64(variable["value"].get_string().value()) == rest_of(whole + fraction));
  // numeric(1000, 0)
  const auto fixed = write_numeric(whole, precise, (1000 << 16) + 4).value();
  CHECK(rest_of_base64(std::string_view(fixed).substr(1, fixed.size() - 2)) == rest_of(whole));

  value_modes number;
  number.decimals = decimal_mode::real_number;
  CHECK(write_numeric(text, number) == std::nullopt);
  CHECK(write_numeric("0." + std::string(99'999, '0') + "1", number) == "0.0");
  CHECK(write_numeric("0.5" + std::string(100'000, '0'), number) == "0.5");
  number.is_debezium = true;
  CHECK(write_numeric(text, number) == "\"Infinity\"");
}

TEST_CASE("every length of a precise numeric is the number itself") {
  value_modes precise;
  precise.decimals = decimal_mode::precise;
  for (std::size_t length = 1; length < 200; ++length) {
    const auto digits = many_digits(length);
    CAPTURE(digits);
    const auto fixed = write_numeric(digits, precise, (1000 << 16) + 4).value();
    CHECK(rest_of_base64(std::string_view(fixed).substr(1, fixed.size() - 2)) == rest_of(digits));
  }
}

TEST_CASE("text with every control character, and an empty one beside NULL") {
  std::string controls;
  for (char byte = 1; byte < 32; ++byte) controls += byte;
  controls += "\x7F\"\\";
  const auto table = rows::table({{"id", type::int4, true}, {"a"}, {"b"}, {"c"}}, {0});
  const change_of change(event::operation::create, table, {}, {text("1"), text(controls), text(""), null});
  envelope by(options());
  simdjson::dom::parser parser;
  const auto written = std::string(by.encode_value(table_plan(table), change.what, now));
  const auto after = parser.parse(simdjson::padded_string(written))["after"];
  CHECK(after["a"].get_string().value() == controls);
  CHECK(after["b"].get_string().value().empty());
  CHECK(after["c"].is_null());
}
