#pragma once

#include <config/document.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir::config {

struct json_member;

/// A JSON value that remembers where it stands, so that whatever is wrong with it can be found by a person.
struct json_value {
  enum class kind : std::uint8_t { object, array, string, number, boolean, null };
  kind is = kind::null;
  std::string text;                  ///< a string's characters; of a number, true, false and null: as written
  std::vector<json_member> members;  ///< of an object, in the order of the text; a name may stand there twice
  std::vector<json_value> items;     ///< of an array
  place at;
};

struct json_member {
  std::string name;
  place at;  ///< of the name; the pointer is the value's
  json_value value;
};

/// Where a text stops being JSON, and why.
struct json_break {
  place at;
  std::string wrong;  ///< "is no JSON from here on", as the middle of a sentence
};

/// Nothing that is configured by hand is deeper.
inline constexpr unsigned deepest_json = 16;

/// Never throws for what the text holds.
[[nodiscard]] std::variant<json_value, json_break> read_json(std::string_view text);

}  // namespace weir::config
