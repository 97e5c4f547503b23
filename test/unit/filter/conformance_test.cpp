#include "expression.hpp"

#include <filter/compare.hpp>

#include <simdjson.h>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <fstream>
#include <limits>
#include <optional>

namespace weir::filter::testing {
namespace {

namespace dom = simdjson::dom;

std::string decoded(std::string_view base64) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  unsigned held = 0;
  for (const char each : base64) {
    if (each == '=') break;
    held = held << 6U | static_cast<unsigned>(letters.find(each));
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<char>(held >> bits & 0xFFU));
  }
  return bytes;
}

double number(dom::element of) {
  if (!of.is_string()) return double(of);
  const std::string_view text = of;
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  return text == "Infinity" ? infinity : -infinity;
}

/// A typed value of the cases, made in `memory`.
value made_from(dom::element typed, arena& memory) {
  const dom::key_value_pair only = *dom::object(typed).begin();
  const std::string_view is = only.key;
  if (is == "bool") return boolean(only.value);
  if (is == "int") return integer(std::stoll(std::string(std::string_view(only.value))));
  if (is == "uint") return unsigned_integer(std::stoull(std::string(std::string_view(only.value))));
  if (is == "double") return real(number(only.value));
  if (is == "string") return string(memory.copy(only.value));
  if (is == "bytes") return text_of(kind::bytes, memory.copy(decoded(only.value)));
  if (is == "null") return null_value();
  if (is == "timestamp") return timestamp_from_rfc3339(only.value);
  if (is == "duration") return duration_from_text(only.value);
  const dom::array parts = only.value;
  std::uint32_t count = 0;
  if (is == "list") {
    auto* const items = memory.array<value>(parts.size());
    for (const dom::element each : parts) items[count++] = made_from(each, memory);
    return list(items, count);
  }
  REQUIRE(is == "map");
  auto* const entries = memory.array<entry>(parts.size());
  for (const dom::element each : parts)
    entries[count++] = {made_from(each.at(0), memory), made_from(each.at(1), memory)};
  return map(entries, count);
}

type type_named(std::string_view text) {
  if (text.starts_with("list(")) return list_of(type_named(text.substr(5, text.size() - 6)));
  if (text.starts_with("map(")) {
    const auto comma = text.find(',');
    return map_of(type_named(text.substr(4, comma - 4)),
                  type_named(text.substr(comma + 1, text.size() - comma - 2)));
  }
  for (int each = 0; each <= static_cast<int>(kind::dynamic); ++each) {
    if (name_of(static_cast<kind>(each)) == text) return {static_cast<kind>(each), false, {}};
  }
  FAIL("no such type: " << text);
  return {};
}

/// Stricter than CEL's `==`: the same kinds everywhere, and NaN is NaN.
bool is_same(const value& left, const value& right) {
  if (left.is != right.is) return false;
  if (left.is == kind::real && std::isnan(left.real)) return std::isnan(right.real);
  if (left.is == kind::list) {
    if (left.extra != right.extra) return false;
    for (std::uint32_t at = 0; at < left.extra; ++at)
      if (!is_same(left.items[at], right.items[at])) return false;
    return true;
  }
  if (left.is == kind::map) {
    if (left.extra != right.extra) return false;
    for (std::uint32_t at = 0; at < left.extra; ++at) {
      bool found = false;
      for (std::uint32_t other = 0; other < right.extra; ++other)
        found = found || (is_same(left.entries[at].key, right.entries[other].key) &&
                          is_same(left.entries[at].mapped, right.entries[other].mapped));
      if (!found) return false;
    }
    return true;
  }
  if (left.is == kind::string || left.is == kind::bytes) return left.view() == right.view();
  work budget;
  return are_equal(left, right, budget);
}

std::vector<binding> bindings_of(dom::element of, arena& memory) {
  std::vector<binding> made;
  dom::object values;
  if (of["bindings"].get(values) != simdjson::SUCCESS) return made;
  for (const auto [name, typed] : values) {
    const std::string_view is = of["types"].at_key(name);
    made.push_back({std::string(name), type_named(is), made_from(typed, memory)});
  }
  return made;
}

}  // namespace

TEST_CASE("002-11 filters decide as CEL's own test data wants it") {
  std::ifstream file(WEIR_FILTER_DATA "/conformance.jsonl");
  dom::parser parser;
  std::size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const dom::element of = parser.parse(line);
    const std::string name = std::string(std::string_view(of["file"])) + " / " +
                             std::string(std::string_view(of["section"])) + " / " +
                             std::string(std::string_view(of["name"]));
    INFO(name << ": " << std::string_view(of["expr"]));
    arena memory(1 << 20);
    const bool is_unchecked = of["unchecked"].error() == simdjson::SUCCESS;
    expression under_test(of["expr"], bindings_of(of, memory), !is_unchecked);
    INFO((under_test.mistakes().empty() ? "" : under_test.mistakes().front().what));
    const value found = under_test.result();
    const dom::element expected = of["expect"];
    if (expected["error"].error() == simdjson::SUCCESS) {
      CHECK(found.is_error());
      continue;
    }
    INFO((found.is_error() ? under_test.explanation(found) : std::string(name_of(found.is))));
    CHECK(is_same(found, made_from(expected["value"], memory)));
  }
  CHECK(count == 647);
}

}  // namespace weir::filter::testing
