#pragma once

#include <encode/mask.hpp>
#include <event/relation.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace weir::encode {

/// Columns by name: `email`, or `schema.table.column`, with `*` for any characters within a name. A name
/// without a table means that column of every table.
class column_pattern {
 public:
  /// `text` is of one of the two forms: whoever read it has checked that.
  explicit column_pattern(std::string_view text);

  [[nodiscard]] bool takes(std::string_view schema, std::string_view table, std::string_view column) const;
  /// It names one column, of every table or of one.
  [[nodiscard]] bool has_star() const;

 private:
  std::string schema_ = "*";
  std::string table_ = "*";
  std::string column_;
};

/// Which columns the records of a listener show, and how. What is left out or masked is neither in a row nor in
/// a key: a key that needs it is refused.
class column_choice {
 public:
  struct masked_columns {
    std::vector<column_pattern> columns;
    mask how;
  };

  /// `include` empty: all but `exclude`.
  column_choice(std::vector<column_pattern> include, std::vector<column_pattern> exclude,
                std::vector<masked_columns> masks);

  [[nodiscard]] bool shows(const event::relation& table, std::string_view column) const;
  /// The first that names the column; null: its values are seen.
  [[nodiscard]] const mask* mask_of(const event::relation& table, std::string_view column) const;
  /// It is left out or masked.
  [[nodiscard]] bool hides(const event::relation& table, std::string_view column) const {
    return !shows(table, column) || mask_of(table, column) != nullptr;
  }

 private:
  std::vector<column_pattern> include_;
  std::vector<column_pattern> exclude_;
  std::vector<masked_columns> masks_;
};

}  // namespace weir::encode
