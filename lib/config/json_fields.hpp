#pragma once

#include <config/json_tree.hpp>
#include <config/load.hpp>
#include <config/settings_table.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::config {

/// Collects what is wrong with a document, each with its place.
class complaints {
 public:
  void blame(const place& at, fault wrong);
  void blame(const json_value& value, fault wrong);
  /// Whether the value is of that kind; a mistake when it is not.
  bool expect(const json_value& value, json_value::kind wanted, std::string_view remedy);

  /// All, from the top of the document to its end.
  [[nodiscard]] std::vector<mistake> in_order();

 private:
  void add(const place& at, std::string shown, fault wrong);

  std::multimap<std::pair<std::uint32_t, std::uint32_t>, mistake> all_;  ///< by line and column
};

/// The members of an object by name. Complains once about what is no object, about names that stand there
/// twice, and about names that nobody knows.
class json_fields {
 public:
  /// `what`: "a listener". Both outlive this.
  json_fields(complaints& to, const json_value& object, std::span<const std::string_view> known,
              std::string_view what);

  [[nodiscard]] bool is_object() const { return object_.is == json_value::kind::object; }
  /// Null when there is none.
  [[nodiscard]] const json_value* find(std::string_view name) const;
  /// The same, and a mistake when there is none.
  [[nodiscard]] const json_value* required(std::string_view name, std::string_view remedy) const;

 private:
  complaints& to_;
  const json_value& object_;
  std::set<std::string_view> meant_;  ///< names that stand there misspelt: not missing as well
};

}  // namespace weir::config
