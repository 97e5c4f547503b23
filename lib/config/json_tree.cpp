#include <config/json_tree.hpp>

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

namespace weir::config {
namespace {

namespace ondemand = simdjson::ondemand;

/// Line and column of a byte; the lines are counted once.
class line_index {
 public:
  explicit line_index(std::string_view text) {
    for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
      starts_.push_back(at + 1);
    }
  }
  [[nodiscard]] place at(std::size_t offset, std::string pointer) const {
    const auto line = std::prev(std::upper_bound(starts_.begin(), starts_.end(), offset));
    return {std::move(pointer), static_cast<std::uint32_t>(line - starts_.begin()) + 1,
            static_cast<std::uint32_t>(offset - *line) + 1};
  }

 private:
  std::vector<std::size_t> starts_{0};
};

/// RFC 6901: ~ and / of a name are written as ~0 and ~1.
std::string below(const std::string& pointer, std::string_view name) {
  auto longer = pointer + "/";
  for (const char c : name) {
    if (c == '~') longer += "~0";
    if (c == '/') longer += "~1";
    if (c != '~' && c != '/') longer += c;
  }
  return longer;
}

constexpr const char* no_json = "is no JSON from here on";

struct flaw {
  std::size_t offset = 0;
  std::string wrong;
};

/// What simdjson finds before it looks at any value, and therefore without a place: a string that a line's end
/// or the text's end interrupts, or bytes that are not UTF-8.
flaw flaw_of_whole(std::string_view text, simdjson::error_code code) {
  if (code == simdjson::EMPTY) return {0, "is empty"};
  std::size_t opened = 0;
  bool is_inside = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      if (!is_inside) opened = at;
      is_inside = !is_inside;
    } else if (is_inside && c == '\\') {
      ++at;
    } else if (is_inside && static_cast<unsigned char>(c) < 0x20U) {
      return {opened, "has a string whose closing quote is missing in its line"};
    }
  }
  if (is_inside) return {opened, "has a string whose closing quote is missing"};
  // The end of a line never lies within a character, so that lines can be judged one by one.
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    if (!simdjson::validate_utf8(text.substr(begin, end - begin))) return {begin, "is not UTF-8 in this line"};
    begin = end + 1;
  }
  return {0, simdjson::error_message(code)};
}

class tree_reader {
 public:
  explicit tree_reader(std::string_view text) : text_(text), lines_(text), padded_(text) {}

  std::variant<json_value, json_break> run() {
    ondemand::parser parser;
    ondemand::document document;
    if (const auto code = parser.iterate(padded_).get(document)) {
      const auto found =
          code == simdjson::INCOMPLETE_ARRAY_OR_OBJECT ? incomplete() : flaw_of_whole(text_, code);
      return stop(found);
    }
    try {
      return whole(document);
    } catch (const simdjson::simdjson_error& broken) {
      const auto at = offset_of(document);
      const bool is_at_end = broken.error() == simdjson::INCOMPLETE_ARRAY_OR_OBJECT || at > incomplete().offset;
      return stop(is_at_end ? incomplete() : flaw{at, no_json});
    } catch (const flaw& found) {
      return stop(found);
    }
  }

 private:
  [[nodiscard]] json_break stop(const flaw& found) const { return {lines_.at(found.offset, {}), found.wrong}; }

  [[nodiscard]] flaw incomplete() const {
    const auto last = text_.find_last_not_of(" \t\r\n");
    return {last == std::string_view::npos ? 0 : last, "ends before every bracket is closed"};
  }

  /// Errors of a value are its own: the parser stands behind it by then.
  template <class Value>
  static Value taken(simdjson::simdjson_result<Value> from, std::size_t begin, const char* wrong) {
    Value value{};
    if (std::move(from).get(value) != simdjson::SUCCESS) throw flaw{begin, wrong};
    return value;
  }

  [[nodiscard]] std::size_t offset(const char* at) const {
    return std::min(static_cast<std::size_t>(at - padded_.data()), text_.size());
  }
  [[nodiscard]] std::size_t offset_of(ondemand::document& document) const {
    const char* at = nullptr;
    if (document.current_location().get(at) != simdjson::SUCCESS) return incomplete().offset;
    return offset(at);
  }

  json_value whole(ondemand::document& document) {
    if (document.is_scalar()) throw flaw{text_.find_first_not_of(" \t\r\n"), "is no object in braces"};
    auto tree = read(document.get_value(), {}, 1);
    const char* rest = nullptr;
    if (document.current_location().get(rest) == simdjson::SUCCESS)
      throw flaw{offset(rest), "goes on after its end"};
    return tree;
  }

  json_value read(ondemand::value from, const std::string& pointer, unsigned depth) {
    const std::string_view token = from.raw_json_token();
    const auto begin = offset(token.data());
    if (depth > deepest_json) throw flaw{begin, fmt::format("is deeper than {} levels", deepest_json)};
    json_value made;
    made.at = lines_.at(begin, pointer);
    const ondemand::json_type type = from.type();
    switch (type) {
      case ondemand::json_type::object:
        made.is = json_value::kind::object;
        read_members(from, made, depth);
        break;
      case ondemand::json_type::array:
        made.is = json_value::kind::array;
        for (auto each : from.get_array()) {
          made.items.push_back(read(each.value(), fmt::format("{}/{}", pointer, made.items.size()), depth + 1));
        }
        break;
      case ondemand::json_type::string:
        made.is = json_value::kind::string;
        made.text = taken(from.get_string(), begin, "has a string with a bad escape");
        break;
      case ondemand::json_type::number:
        made.is = json_value::kind::number;
        made.text = without_space(token);
        (void)taken(from.get_double(), begin, "has a bad number");
        break;
      case ondemand::json_type::boolean:
        made.is = json_value::kind::boolean;
        made.text = taken(from.get_bool(), begin, no_json) ? "true" : "false";
        break;
      case ondemand::json_type::null:
        made.text = "null";
        if (without_space(token) != made.text || !taken(from.is_null(), begin, no_json))
          throw flaw{begin, no_json};
        break;
    }
    return made;
  }

  void read_members(ondemand::value from, json_value& into, unsigned depth) {
    for (auto field : from.get_object()) {
      const auto begin = offset(field.key().value().raw() - 1);
      json_member member;
      member.name = std::string_view{field.unescaped_key()};
      const auto pointer = below(into.at.pointer, member.name);
      member.at = lines_.at(begin, pointer);
      member.value = read(field.value(), pointer, depth + 1);
      into.members.push_back(std::move(member));
    }
  }

  [[nodiscard]] static std::string without_space(std::string_view token) {
    return std::string{token.substr(0, token.find_last_not_of(" \t\r\n") + 1)};
  }

  std::string_view text_;
  line_index lines_;
  simdjson::padded_string padded_;
};

}  // namespace

std::variant<json_value, json_break> read_json(std::string_view text) {
  if (text.empty()) return json_break{{{}, 1, 1}, "is empty"};
  return tree_reader{text}.run();
}

}  // namespace weir::config
