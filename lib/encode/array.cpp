#include <encode/array.hpp>
#include <encode/json_text.hpp>

#include <algorithm>
#include <string>

namespace weir::encode {

namespace {

using kind = connect_schema::kind;

/// PostgreSQL's MAXDIM.
constexpr unsigned most_dimensions = 6;

/// An array's text output (array_out), read once from its front.
class array_text {
 public:
  array_text(std::string_view text, const cell& item, char delimiter)
      : rest_(text), item_(item), delimiter_(delimiter) {}

  /// Without the bounds that stand in front when one of them is not 1: `[2:3]={7,8}`.
  bool skip_bounds() {
    if (!rest_.starts_with('[')) return true;
    const std::size_t end = rest_.find("]={");
    if (end == std::string_view::npos) return false;
    rest_.remove_prefix(end + 2);
    return true;
  }

  bool append(text_buffer& to, unsigned dimension) {
    if (dimension > most_dimensions || !take('{')) return false;
    to.append("[");
    for (bool is_first = true; !take('}'); is_first = false) {
      if (!is_first) {
        if (!take(delimiter_)) return false;
        to.append(",");
      }
      if (!append_element(to, dimension)) return false;
    }
    to.append("]");
    return true;
  }

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  bool append_element(text_buffer& to, unsigned dimension) {
    if (rest_.empty()) return false;
    if (rest_.front() == '{') return append(to, dimension + 1);
    if (rest_.front() == '"') return append_quoted_element(to);
    const std::size_t end = std::min({rest_.find(delimiter_), rest_.find('}'), rest_.size()});
    const std::string_view element = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (element.empty()) return false;
    if (element != "NULL") return item_.write(to, element, item_);
    to.append("null");
    return true;
  }

  /// A backslash stands before a quote and a backslash. Only an element with one needs memory.
  bool append_quoted_element(text_buffer& to) {
    rest_.remove_prefix(1);
    std::size_t end = rest_.find_first_of("\"\\");
    if (end == std::string_view::npos) return false;
    if (rest_[end] == '"') {
      const std::string_view element = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      return item_.write(to, element, item_);
    }
    std::string plain;
    for (; end != std::string_view::npos; end = rest_.find_first_of("\"\\")) {
      plain.append(rest_.substr(0, end));
      const bool is_end = rest_[end] == '"';
      rest_.remove_prefix(end + 1);
      if (is_end) return item_.write(to, plain, item_);
      if (rest_.empty()) return false;
      plain += rest_.front();
      rest_.remove_prefix(1);
    }
    return false;
  }

  bool take(char expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_;
  const cell& item_;
  char delimiter_;
};

bool write_array(text_buffer& to, std::string_view text, const cell& self) {
  array_text in(text, *self.item, self.delimiter);
  return in.skip_bounds() && in.append(to, 1) && in.at_end();
}

/// How many elements the outer dimension has; none: there is one dimension.
std::size_t count_inner_arrays(std::string_view text) {
  std::size_t count = 0;
  unsigned depth = 0;
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      is_quoted = !is_quoted;
    } else if (!is_quoted && text[i] == '{') {
      if (++depth == 2) ++count;
    } else if (!is_quoted && text[i] == '}') {
      --depth;
    }
  }
  return count;
}

bool write_flat_array(text_buffer& to, std::string_view text, const cell& self) {
  const std::size_t inner = count_inner_arrays(text);
  if (inner == 0) return write_array(to, text, self);
  to.append("[null");
  for (std::size_t i = 1; i < inner; ++i) to.append(",null");
  to.append("]");
  return true;
}

bool write_number_vector(text_buffer& to, std::string_view text, const cell& self) {
  to.append("[");
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (!self.item->write(to, text.substr(0, end), *self.item)) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!text.empty()) to.append(",");
  }
  to.append("]");
  return true;
}

bool write_nothing(text_buffer& to, std::string_view, const cell&) {
  to.append("[]");
  return true;
}

cell cell_of_items(cell::writer write, cell item) {
  cell made{write, "array"};
  made.schema.is = kind::array;
  item.schema.is_optional = true;
  made.schema.items = std::make_shared<const connect_schema>(item.schema);
  made.item = std::make_shared<const cell>(std::move(item));
  made.fallback = "[]";
  return made;
}

}  // namespace

cell array_cell(cell item, const value_modes& modes) {
  return cell_of_items(modes.is_debezium ? write_flat_array : write_array, std::move(item));
}

cell number_vector_cell(cell item, const value_modes& modes) {
  return cell_of_items(modes.is_debezium ? write_nothing : write_number_vector, std::move(item));
}

}  // namespace weir::encode
