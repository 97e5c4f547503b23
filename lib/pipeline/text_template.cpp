#include <base/edit_distance.hpp>
#include <pipeline/text_template.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace weir::pipeline {
namespace {

constexpr std::size_t longest_topic = 249;
constexpr std::string_view new_row = "new.";
constexpr std::string_view old_row = "old.";
constexpr std::string_view all_fields = "{prefix}, {schema}, {table}, {op}, {new.COLUMN}, {old.COLUMN}";

bool is_legal_in_topic(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

bool is_upper_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); }

/// A value may hold what looks like an escape; then its underscore is escaped.
bool looks_escaped(std::string_view text) {
  constexpr std::size_t size_of_escape = 4;
  return text.size() >= size_of_escape && text.starts_with("_x") && is_upper_hex(text[2]) &&
         is_upper_hex(text[3]);
}

void append_for_topic(std::string& to, std::string_view value) {
  for (; !value.empty(); value.remove_prefix(1)) {
    const char byte = value.front();
    if (is_legal_in_topic(byte) && byte != '.' && !looks_escaped(value)) {
      to.push_back(byte);
    } else {
      fmt::format_to(std::back_inserter(to), "_x{:02X}", static_cast<unsigned char>(byte));
    }
  }
}

std::string_view name_of(event::operation op) {
  switch (op) {
    case event::operation::create:
      return "an insert";
    case event::operation::update:
      return "an update";
    case event::operation::remove:
      return "a delete";
    case event::operation::truncate:
      return "a truncate";
    case event::operation::message:
      return "a logical message";
    case event::operation::read:
      return "a row of a snapshot";
  }
  return "a change";
}

/// A value of a row, or why there is none.
struct found_value {
  const event::value* value = nullptr;
  std::string_view missing;
};

constexpr std::string_view not_covered =
    "the replica identity does not cover it, so its old value is not known";
constexpr std::string_view left_out = "the server left its value out, because the update did not change it";

found_value from_row(event::row row, std::size_t index) {
  if (index >= row.size()) return {nullptr, "the row has no value for it"};
  switch (row[index].is) {
    case event::value::state::null:
      return {nullptr, "it is NULL"};
    case event::value::state::unchanged:
      return {nullptr, left_out};
    case event::value::state::text:
      return {&row[index], {}};
  }
  return {nullptr, left_out};
}

found_value old_value(const event::change& what, std::size_t index) {
  const bool is_identity = what.table->columns[index].is_identity;
  switch (what.before_is) {
    case event::old_row::full:
      return from_row(what.before, index);
    case event::old_row::identity:
      return is_identity ? from_row(what.before, index) : found_value{nullptr, not_covered};
    case event::old_row::none:
      break;
  }
  if (what.op != event::operation::update) return {nullptr, "there is no old row"};
  return is_identity ? from_row(what.after, index) : found_value{nullptr, not_covered};
}

found_value new_value(const event::change& what, std::size_t index) {
  if (what.op == event::operation::remove) return old_value(what, index);
  if (what.after.empty()) return {nullptr, "there is no new row"};
  const auto now = from_row(what.after, index);
  if (now.value != nullptr || now.missing != left_out) return now;
  const auto old = what.before_is == event::old_row::none ? now : old_value(what, index);
  return old.value != nullptr ? old : now;
}

std::size_t index_of(const event::relation& table, std::string_view column) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                  [&](const event::column& each) { return each.name == column; });
  return static_cast<std::size_t>(found - table.columns.begin());
}

/// `{tabel}`: {table} is what was meant; `{id}` is nothing of the kind, and a column most likely.
std::string suggestion(std::string_view name) {
  constexpr std::array<std::string_view, 4> plain{"prefix", "schema", "table", "op"};
  const auto* const nearest =
      std::min_element(plain.begin(), plain.end(), [&](std::string_view one, std::string_view other) {
        return edit_distance(name, one) < edit_distance(name, other);
      });
  // A third of the letters may be wrong; beyond that a suggestion only confuses.
  const auto tolerated = nearest->size() / 3 + (nearest->size() > 3 ? 1 : 0);
  if (edit_distance(name, *nearest) <= tolerated) return fmt::format("did you mean {{{}}}?", *nearest);
  if (const auto dot = name.find('.'); dot != std::string_view::npos && dot + 1 < name.size()) {
    return fmt::format("did you mean {{new{0}}} or {{old{0}}}?", name.substr(dot));
  }
  return fmt::format("a column is written {{new.{0}}} or {{old.{0}}}", name);
}

}  // namespace

/// Reads a text from left to right; the first thing that is wrong ends it.
class text_template::parser {
 public:
  parser(std::string_view text, escaping how) : text_(text) {
    made_.text_ = text;
    made_.how_ = how;
  }

  std::variant<text_template, template_problem> read() {
    while (at_ < text_.size()) {
      const bool is_good = text_[at_] == '{'   ? read_open()
                           : text_[at_] == '}' ? read_close()
                                               : read_literal(text_[at_]);
      if (!is_good) return problem_;
    }
    if (made_.how_ == escaping::topic && !is_topic()) return problem_;
    return std::move(made_);
  }

 private:
  bool wrong(std::size_t offset, std::string sentence) {
    problem_ = {offset, std::move(sentence)};
    return false;
  }

  bool read_open() {
    if (text_.substr(at_).starts_with("{{")) return read_literal('{');
    const auto end = text_.find_first_of("{}", at_ + 1);
    if (end == std::string_view::npos || text_[end] == '{') {
      return wrong(at_, "the brace is not closed; a brace itself is written {{");
    }
    const auto begin = std::exchange(at_, end + 1);
    return add_field(begin, text_.substr(begin + 1, end - begin - 1));
  }

  bool read_close() {
    if (text_.substr(at_).starts_with("}}")) return read_literal('}');
    return wrong(at_, "the brace closes nothing; a brace itself is written }}");
  }

  /// One character of the text itself; a brace stands there twice.
  bool read_literal(char c) {
    if (made_.how_ == escaping::topic && !is_legal_in_topic(c)) {
      return wrong(at_, fmt::format("{:?} cannot be in a topic's name, which is made of letters, digits, '.', "
                                    "'_' and '-'",
                                    whole_character()));
    }
    if (made_.pieces_.empty() || made_.pieces_.back().is != piece::kind::literal) {
      made_.pieces_.push_back({piece::kind::literal, {}});
    }
    made_.pieces_.back().text.push_back(c);
    has_dot_ = has_dot_ || c == '.';
    at_ += c == '{' || c == '}' ? 2 : 1;
    return true;
  }

  /// All bytes of the UTF-8 character that begins here, for people to read.
  [[nodiscard]] std::string_view whole_character() const {
    const auto is_inside = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
    std::size_t size = 1;
    while (at_ + size < text_.size() && is_inside(text_[at_ + size])) ++size;
    return text_.substr(at_, size);
  }

  bool add_field(std::size_t offset, std::string_view name) {
    using kind = piece::kind;
    if (name == "prefix") return add(kind::prefix, {});
    if (name == "op") return add(kind::op, {});
    if (name == "schema") return add_value(offset, name, kind::schema, {});
    if (name == "table") return add_value(offset, name, kind::table, {});
    for (const auto& [row, is] : {std::pair{new_row, kind::new_column}, std::pair{old_row, kind::old_column}}) {
      if (!name.starts_with(row)) continue;
      if (name.size() == row.size()) return wrong(offset, fmt::format("{{{}}} names no column", name));
      return add_value(offset, name, is, name.substr(row.size()));
    }
    if (name.empty()) return wrong(offset, fmt::format("the braces name no field; fields are {}", all_fields));
    return wrong(offset, fmt::format("there is no field {{{}}}; {} (fields are {})", name, suggestion(name),
                                     all_fields));
  }

  /// A field of any length: in a topic a dot has to separate it from the one before.
  bool add_value(std::size_t offset, std::string_view name, piece::kind is, std::string_view column) {
    if (made_.how_ == escaping::topic && !last_value_.empty() && !has_dot_) {
      return wrong(offset,
                   fmt::format("{{{}}} and {{{}}} need a dot between them: without it two tables or rows "
                               "with different names could meet in one topic",
                               last_value_, name));
    }
    last_value_ = name;
    has_dot_ = false;
    return add(is, column);
  }

  bool add(piece::kind is, std::string_view column) {
    made_.pieces_.push_back({is, std::string{column}});
    return true;
  }

  bool is_topic() {
    const auto& pieces = made_.pieces_;
    if (pieces.empty()) return wrong(0, "it is empty, and a topic needs a name");
    std::size_t size = 0;
    for (const auto& each : pieces) size += each.is == piece::kind::literal ? each.text.size() : 0;
    if (size > longest_topic) {
      return wrong(0, fmt::format("its own text has {} characters, and a topic's name has at most {}", size,
                                  longest_topic));
    }
    if (made_.text_ == "." || made_.text_ == "..") return wrong(0, "Kafka keeps the names . and .. for itself");
    return true;
  }

  std::string_view text_;
  text_template made_;
  template_problem problem_;
  std::size_t at_ = 0;
  std::string_view last_value_;  ///< the last field of any length
  bool has_dot_ = false;         ///< since then
};

std::variant<text_template, template_problem> text_template::parse(std::string_view text, escaping how) {
  return parser{text, how}.read();
}

bool text_template::is_constant() const {
  return std::all_of(pieces_.begin(), pieces_.end(), [](const piece& each) {
    return each.is == piece::kind::literal || each.is == piece::kind::prefix;
  });
}

bool text_template::depends_on_row() const {
  return std::any_of(pieces_.begin(), pieces_.end(), [](const piece& each) {
    return each.is == piece::kind::op || each.is == piece::kind::new_column ||
           each.is == piece::kind::old_column;
  });
}

bool text_template::needs_table() const {
  return std::any_of(pieces_.begin(), pieces_.end(), [](const piece& each) {
    return each.is != piece::kind::literal && each.is != piece::kind::prefix && each.is != piece::kind::op;
  });
}

std::vector<std::string> text_template::columns(piece::kind which) const {
  std::vector<std::string> names;
  for (const auto& each : pieces_) {
    if (each.is != which || std::find(names.begin(), names.end(), each.text) != names.end()) continue;
    names.push_back(each.text);
  }
  return names;
}

std::vector<std::string> text_template::new_columns() const { return columns(piece::kind::new_column); }
std::vector<std::string> text_template::old_columns() const { return columns(piece::kind::old_column); }

std::string text_template::problem_with(const event::relation& table) const {
  for (const auto& each : pieces_) {
    const bool is_old = each.is == piece::kind::old_column;
    if (!is_old && each.is != piece::kind::new_column) continue;
    const auto index = index_of(table, each.text);
    if (index == table.columns.size()) {
      return fmt::format("{} has no column {}, which {:?} needs", table.schema + "." + table.name, each.text,
                         text_);
    }
    if (is_old && !table.columns[index].is_identity) {
      return fmt::format("the replica identity of {}.{} does not cover column {}, whose old value {:?} needs",
                         table.schema, table.name, each.text, text_);
    }
  }
  return {};
}

text_template text_template::with_prefix(std::string_view prefix) const {
  auto filled = *this;
  for (auto& each : filled.pieces_) {
    if (each.is == piece::kind::prefix) each = {piece::kind::literal, std::string{prefix}};
  }
  return filled;
}

bool text_template::render(std::string& out, const event::change& what, std::string& why) const {
  const auto begin = out.size();
  for (const auto& each : pieces_) {
    if (!append(out, each, what, why)) return false;
  }
  if (how_ == escaping::none) return true;
  const auto name = std::string_view{out}.substr(begin);
  if (name.size() > longest_topic) {
    why = fmt::format("the topic's name that {:?} makes has {} characters, and Kafka takes {} at most", text_,
                      name.size(), longest_topic);
    return false;
  }
  if (name.empty() || name == "." || name == "..") {
    why = fmt::format("{:?} makes no name that Kafka takes for a topic", text_);
    return false;
  }
  return true;
}

bool text_template::append(std::string& out, const piece& which, const event::change& what,
                           std::string& why) const {
  switch (which.is) {
    case piece::kind::literal:
      out.append(which.text);
      return true;
    case piece::kind::prefix:
      throw std::logic_error(fmt::format("{:?} is rendered before its prefix is known", text_));
    case piece::kind::op:
      out.push_back(static_cast<char>(what.op));
      return true;
    case piece::kind::schema:
    case piece::kind::table:
    case piece::kind::new_column:
    case piece::kind::old_column:
      break;
  }
  if (what.table == nullptr) {
    why = fmt::format("{:?} needs a table, and a logical message has none", text_);
    return false;
  }
  if (which.is == piece::kind::new_column || which.is == piece::kind::old_column) {
    return append_column(out, which, what, why);
  }
  append_value(out, which.is == piece::kind::schema ? what.table->schema : what.table->name);
  return true;
}

bool text_template::append_column(std::string& out, const piece& which, const event::change& what,
                                  std::string& why) const {
  const bool is_new = which.is == piece::kind::new_column;
  const auto refuse = [&](std::string_view missing) {
    why = fmt::format("{:?} cannot be filled for {} of {}.{}: {{{}{}}}: {}", text_, name_of(what.op),
                      what.table->schema, what.table->name, is_new ? new_row : old_row, which.text, missing);
    return false;
  };
  const auto index = index_of(*what.table, which.text);
  if (index == what.table->columns.size()) return refuse("the table has no such column");
  const auto found = is_new ? new_value(what, index) : old_value(what, index);
  if (found.value == nullptr) return refuse(found.missing);
  if (how_ == escaping::topic && found.value->text.empty()) return refuse("it is empty");
  append_value(out, found.value->text);
  return true;
}

void text_template::append_value(std::string& out, std::string_view value) const {
  switch (how_) {
    case escaping::none:
      out.append(value);
      break;
    case escaping::topic:
      append_for_topic(out, value);
      break;
  }
}

}  // namespace weir::pipeline
