#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::support {

/// One line of test/data/debezium-types/cases.jsonl: what Debezium makes of a literal.
struct golden_case {
  std::string id;
  std::string type;
  std::string literal;
  std::string needs;                        ///< statement to run first; empty: none
  std::map<std::string, std::string> mode;  ///< Debezium's options
  bool is_before = false;  ///< of a NOT NULL column in the before of a delete that does not send it
  bool is_absent = false;  ///< the column is left out
  std::string json;        ///< empty when it is absent
  std::string schema_type;
  std::string schema_name;
  std::vector<std::pair<std::string, std::string>> schema_parameters;
  std::optional<std::pair<std::string, std::string>> items;  ///< type and semantic name of an array's elements

  /// Its floats have 32 bits.
  [[nodiscard]] bool is_single() const;
};

[[nodiscard]] std::vector<golden_case> golden_cases();

/// What Weir makes of a case by its own rules where that is something else, by id: JSON, or `refused`.
[[nodiscard]] std::map<std::string, std::string> own_golden_values();

/// Whether two JSON documents say the same: numbers as numbers, floats by bits (of 32 where `is_single`),
/// objects in any order.
[[nodiscard]] bool is_same_json(const std::string& one, const std::string& other, bool is_single);

}  // namespace weir::support
