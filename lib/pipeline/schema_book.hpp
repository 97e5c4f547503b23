#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace weir::pipeline {

/// A schema that has to be registered before records can be made by it.
struct wanted_schema {
  std::string subject;  ///< `{topic}-key` or `{topic}-value`
  std::string schema;   ///< Avro's text of it

  bool operator==(const wanted_schema&) const = default;
};

/// What the registry said: the schema's id, or in its own words why it will not have it.
using schema_answer = std::variant<std::uint32_t, std::string>;

/// The registry's answers for this run, so that no record ever waits for one.
class schema_book {
 public:
  void enter(const wanted_schema& asked, schema_answer answer);
  /// Null: nobody has asked yet.
  [[nodiscard]] const schema_answer* find(const wanted_schema& asked) const;
  /// Those that the registry will not have.
  [[nodiscard]] std::vector<wanted_schema> refused() const;
  void clear() { answers_.clear(); }

 private:
  struct hash {
    std::size_t operator()(const wanted_schema& of) const noexcept;
  };
  std::unordered_map<wanted_schema, schema_answer, hash> answers_;
};

}  // namespace weir::pipeline
