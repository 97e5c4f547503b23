#pragma once

#include <event/change.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir::pipeline {

/// What is wrong with a template: where (byte offset) and what, with the nearest field that exists.
struct template_problem {
  std::size_t offset = 0;
  std::string sentence;
};

/// How what a field stands for is written.
enum class escaping {
  none,   ///< as it is: keys and headers
  topic,  ///< by the rule of topic names: see topic_name.hpp
};

/// A text with fields: `{prefix} {schema} {table} {op} {new.column} {old.column}`; `{{` and `}}` are braces.
/// Parsed once; immutable.
class text_template {
 public:
  [[nodiscard]] static std::variant<text_template, template_problem> parse(std::string_view text, escaping how);

  [[nodiscard]] const std::string& text() const { return text_; }
  /// Whether two changes can get different texts; and whether two changes of one table can.
  [[nodiscard]] bool is_constant() const;
  [[nodiscard]] bool depends_on_row() const;
  /// Columns by where they are read.
  [[nodiscard]] std::vector<std::string> new_columns() const;
  [[nodiscard]] std::vector<std::string> old_columns() const;
  /// The same with {prefix} filled in.
  [[nodiscard]] text_template with_prefix(std::string_view prefix) const;

  /// Appends the text for `what` to `out`. False, and a sentence in `why`, when a column is not in the table,
  /// is NULL, was left out by the server, or belongs to a row that the operation does not have; `out` is then
  /// unspecified. {new.x} of a delete is the old row's value where the replica identity covers it.
  [[nodiscard]] bool render(std::string& out, const event::change& what, std::string& why) const;

 private:
  struct piece {
    enum class kind { literal, prefix, schema, table, op, new_column, old_column } is = kind::literal;
    std::string text;  ///< the literal, or the column's name
  };
  std::string text_;
  escaping how_ = escaping::none;
  std::vector<piece> pieces_;
};

}  // namespace weir::pipeline
