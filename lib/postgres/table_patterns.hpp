#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::postgres {

/// `schema.table` with `*` for any characters within a name: what WEIR_TABLES holds. No pattern takes every
/// table. Names are compared as PostgreSQL stores them, case included.
class table_patterns {
 public:
  table_patterns() = default;
  /// Throws weir::failure (permanent, "configuration") when a pattern is not `schema.table`.
  explicit table_patterns(const std::vector<std::string>& patterns);

  [[nodiscard]] bool takes(std::string_view schema, std::string_view name) const;
  /// Which pattern takes it first, by number; behind all of them when none does.
  [[nodiscard]] std::size_t place_of(std::string_view schema, std::string_view name) const;
  [[nodiscard]] bool takes_everything() const { return patterns_.empty(); }

  /// The schemas of patterns like `schema.*`, each once: all of their tables are meant, later ones included.
  [[nodiscard]] std::vector<std::string> whole_schemas() const;

  /// The names, patterns without `*`, that are none of `tables` (anything with `schema` and `name`), in their
  /// own order: there is no such table.
  template <class Tables>
  [[nodiscard]] std::vector<std::string> missing(const Tables& tables) const {
    return without_match(tables, false);
  }
  /// The same of the patterns with `*`: their tables may come later.
  template <class Tables>
  [[nodiscard]] std::vector<std::string> idle(const Tables& tables) const {
    return without_match(tables, true);
  }

 private:
  template <class Tables>
  [[nodiscard]] std::vector<std::string> without_match(const Tables& tables, bool has_star) const {
    std::vector<std::string> none;
    for (const auto& each : patterns_) {
      if (each.has_star() != has_star) continue;
      const auto is_taken = [&each](const auto& table) { return each.takes(table.schema, table.name); };
      if (std::none_of(tables.begin(), tables.end(), is_taken)) none.push_back(each.schema + "." + each.name);
    }
    return none;
  }

  struct pattern {
    std::string schema;
    std::string name;
    [[nodiscard]] bool has_star() const { return (schema + name).find('*') != std::string::npos; }
    [[nodiscard]] bool takes(std::string_view in_schema, std::string_view named) const;
  };
  std::vector<pattern> patterns_;
};

}  // namespace weir::postgres
