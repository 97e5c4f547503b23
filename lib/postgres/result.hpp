#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::postgres {

/// The rows of one statement, as text; small by nature (catalog, slot, identity), so they are copied out of
/// libpq.
class result {
 public:
  using cell = std::optional<std::string>;  ///< none: NULL

  result() = default;
  result(std::vector<std::string> columns, std::vector<std::vector<cell>> rows)
      : columns_(std::move(columns)), rows_(std::move(rows)) {}

  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  /// Throws std::out_of_range when there is no such row or column.
  [[nodiscard]] const cell& at(std::size_t row, std::string_view column) const;
  /// As `at`; NULL reads as the empty string.
  [[nodiscard]] std::string text(std::size_t row, std::string_view column) const {
    return at(row, column).value_or("");
  }
  /// PostgreSQL's boolean output; NULL is false.
  [[nodiscard]] bool flag(std::size_t row, std::string_view column) const { return at(row, column) == "t"; }

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<cell>> rows_;
};

}  // namespace weir::postgres
