#pragma once

#include <event/change.hpp>
#include <event/relation.hpp>

#include <cstddef>
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
  topic,  ///< so that the whole is a name that Kafka takes, and different values never meet in one: see below
};

/// A text with fields: `{prefix} {schema} {table} {op} {new.column} {old.column}`; `{{` and `}}` are braces.
/// Parsed once; immutable.
///
/// A topic's name is 1 to 249 of letters, digits, `.`, `_` and `-`, and neither `.` nor `..`. In what schema,
/// table and columns stand for, every other byte and every dot becomes `_x` and two upper-case hexadecimal
/// digits, and so does an underscore that begins such a sequence by itself. The template's own text and
/// {prefix} stay as they are. Between two of these fields the template has a dot, which no value holds, so the
/// name says where one value ends and the next begins: a table `a.b` in no schema is never taken for `b` in
/// `a`. A name that is too long, or a value that is empty, is refused, never cut.
class text_template {
 public:
  [[nodiscard]] static std::variant<text_template, template_problem> parse(std::string_view text, escaping how);

  /// As it was given.
  [[nodiscard]] const std::string& text() const { return text_; }
  /// Two changes never get different texts.
  [[nodiscard]] bool is_constant() const;
  /// Two changes of one table can get different texts.
  [[nodiscard]] bool depends_on_row() const;
  /// A logical message has no text: there is a field that only a table's change can fill.
  [[nodiscard]] bool needs_table() const;
  /// Columns by where they are read, each once, in the order of the text.
  [[nodiscard]] std::vector<std::string> new_columns() const;
  [[nodiscard]] std::vector<std::string> old_columns() const;
  /// Why no change of `table` can fill this template: a column that it has not, or whose old value its replica
  /// identity never sends. Empty: some can.
  [[nodiscard]] std::string problem_with(const event::relation& table) const;
  /// The same with {prefix} filled in. A prefix is a legal topic name by itself: the configuration says so.
  [[nodiscard]] text_template with_prefix(std::string_view prefix) const;

  /// Appends the text for `what` to `out`. False, and a sentence in `why`, when a column is not in the table,
  /// is NULL, was left out by the server, or belongs to a row that the operation does not have, or when a topic
  /// would be none; `out` is then unspecified. A sentence names columns, never their values.
  ///
  /// {new.x} of a delete is the old row's value where the replica identity covers it. An update that comes
  /// without its old row changed no column of the identity: {old.x} is then the new value. A TOAST value that
  /// an update left alone is taken from the old row where that came along whole.
  [[nodiscard]] bool render(std::string& out, const event::change& what, std::string& why) const;

 private:
  struct piece {
    enum class kind { literal, prefix, schema, table, op, new_column, old_column } is = kind::literal;
    std::string text;  ///< the literal, or the column's name
  };
  class parser;

  [[nodiscard]] std::vector<std::string> columns(piece::kind which) const;
  [[nodiscard]] bool append(std::string& out, const piece& which, const event::change& what,
                            std::string& why) const;
  [[nodiscard]] bool append_column(std::string& out, const piece& which, const event::change& what,
                                   std::string& why) const;
  void append_value(std::string& out, std::string_view value) const;

  std::string text_;
  escaping how_ = escaping::none;
  std::vector<piece> pieces_;
};

}  // namespace weir::pipeline
