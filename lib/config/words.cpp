#include <config/words.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace weir::config {
namespace {

constexpr std::size_t longest_identifier = 63;
constexpr std::size_t longest_topic = 249;
constexpr std::size_t longest_label = 64;
constexpr std::size_t longest_header = 249;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_slot_character(char c) { return is_lower_or_digit(c) || c == '_'; }
bool is_topic_character(char c) {
  return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}
bool is_plain(char c) {
  return static_cast<unsigned char>(c) > 0x20U && c != 0x7F && c != '"' && c != '\'' && c != ',';
}

template <class Allowed>
std::string_view first_foreign(std::string_view text, Allowed is_allowed) {
  const auto* at = std::find_if_not(text.begin(), text.end(), is_allowed);
  return at == text.end() ? std::string_view{} : std::string_view{at, 1};
}

/// The parts of a template outside of its fields, joined; `wrong` when the braces or a field are not in order.
struct template_parts {
  std::string constant;
  fault wrong;
};

template_parts split_template(std::string_view text, const std::vector<std::string_view>& allowed) {
  template_parts parts;
  const auto fields = fmt::format("{{{}}}", fmt::join(allowed, "}, {"));
  while (!text.empty()) {
    const auto open = text.find_first_of("{}");
    parts.constant += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = text.find('}', open);
    if (text[open] == '}' || close == std::string_view::npos) {
      parts.wrong = {"has a brace without its partner", fmt::format("write fields as {}", fields)};
      return parts;
    }
    const auto field = text.substr(open + 1, close - open - 1);
    if (std::find(allowed.begin(), allowed.end(), field) == allowed.end()) {
      parts.wrong = {fmt::format("names the unknown field {{{}}}", field), fmt::format("use only {}", fields)};
      return parts;
    }
    text.remove_prefix(close + 1);
  }
  return parts;
}

}  // namespace

fault check_slot_name(std::string_view name) {
  if (name.size() > longest_identifier) {
    return {fmt::format("has {} characters", name.size()), "a slot's name has at most 63"};
  }
  if (const auto foreign = first_foreign(name, is_slot_character); !foreign.empty()) {
    return {fmt::format("holds '{}'", foreign), "a slot's name is made of lower-case letters, digits and _"};
  }
  return {};
}

fault check_publication_name(std::string_view name) {
  if (name.size() > longest_identifier) {
    return {fmt::format("has {} bytes", name.size()), "a publication's name has at most 63"};
  }
  if (const auto foreign = first_foreign(name, is_plain); !foreign.empty()) {
    return {fmt::format("holds '{}'", foreign), "name one publication, without spaces, quotes and commas"};
  }
  return {};
}

fault check_table_pattern(std::string_view pattern) {
  const auto dot = pattern.find('.');
  const bool is_whole = dot != std::string_view::npos && dot != 0 && dot + 1 < pattern.size() &&
                        pattern.find('.', dot + 1) == std::string_view::npos;
  if (!is_whole) {
    return {fmt::format("names the table '{}'", pattern),
            "write each as schema.table; * stands for any part of a name, as in public.order_*"};
  }
  return {};
}

fault check_column_pattern(std::string_view pattern) {
  const auto dots = std::count(pattern.begin(), pattern.end(), '.');
  const bool has_gap = pattern.empty() || pattern.front() == '.' || pattern.back() == '.' ||
                       pattern.find("..") != std::string_view::npos;
  if (has_gap || (dots != 0 && dots != 2)) {
    return {fmt::format("names the column '{}'", pattern),
            "write column or schema.table.column; * stands for any part of a name"};
  }
  return {};
}

fault check_url(std::string_view url) {
  const auto remedy = "write http://host:port or https://host:port";
  const auto scheme = url.starts_with("http://") ? 7U : url.starts_with("https://") ? 8U : 0U;
  if (scheme == 0) return {"has no scheme", remedy};
  const auto authority = url.substr(scheme, url.find('/', scheme) - scheme);
  if (authority.find('@') != std::string_view::npos) {
    return {"holds a user", "set WEIR_SCHEMA_REGISTRY_USER and WEIR_SCHEMA_REGISTRY_PASSWORD"};
  }
  if (url.find_first_of("?#") != std::string_view::npos) return {"holds more than a path", remedy};
  return parse_host_and_port(authority, port_rule::optional).wrong;
}

fault check_topic_name(std::string_view name) {
  if (name == "." || name == "..") return {"is no topic name", "Kafka keeps . and .. for itself"};
  if (name.size() > longest_topic) {
    return {fmt::format("has {} characters", name.size()), "a topic's name has at most 249"};
  }
  if (const auto foreign = first_foreign(name, is_topic_character); !foreign.empty()) {
    return {fmt::format("holds '{}'", foreign), "a topic's name is made of letters, digits, '.', '_' and '-'"};
  }
  return {};
}

fault check_label(std::string_view name) {
  if (name.empty()) return {"is empty", "a name has 1 to 64 letters, digits, '.', '_' and '-'"};
  if (name.size() > longest_label)
    return {fmt::format("has {} characters", name.size()), "a name has at most 64"};
  if (const auto foreign = first_foreign(name, is_topic_character); !foreign.empty()) {
    return {fmt::format("holds '{}'", foreign), "a name is made of letters, digits, '.', '_' and '-'"};
  }
  return {};
}

fault check_header(std::string_view name) {
  if (name.empty()) return {"is a header without a name", "name it"};
  if (name.size() > longest_header)
    return {fmt::format("has {} bytes", name.size()), "a header's name has at most 249"};
  if (name.starts_with("weir.") || name.starts_with("__debezium."))
    return {"is a header that Weir writes itself", "choose another name"};
  return {};
}

fault check_topic_template(std::string_view text, const std::vector<std::string_view>& allowed) {
  const auto parts = split_template(text, allowed);
  if (parts.wrong) return parts.wrong;
  if (const bool has_fields = parts.constant.size() != text.size(); !has_fields) return check_topic_name(text);
  // A field may turn "." into a name; its own characters are judged when they are known.
  if (parts.constant == "." || parts.constant == "..") return {};
  return check_topic_name(parts.constant);
}

std::string fill_in(std::string_view text, std::string_view field, std::string_view value) {
  const auto mark = fmt::format("{{{}}}", field);
  std::string filled;
  for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark)) {
    filled.append(text.substr(0, at)).append(value);
    text.remove_prefix(at + mark.size());
  }
  return filled.append(text);
}

host_and_port parse_host_and_port(std::string_view text, port_rule rule) {
  host_and_port result;
  const bool is_bracketed = text.starts_with('[');
  const auto bracket = text.find(']');
  const auto colon =
      is_bracketed ? (bracket == std::string_view::npos ? bracket : bracket + 1) : text.rfind(':');
  const bool has_port = colon != std::string_view::npos && colon < text.size();
  const std::string example = rule == port_rule::optional ? "kafka-1:9092" : "0.0.0.0:8080";

  if (text.find("://") != std::string_view::npos) {
    result.wrong = {fmt::format("holds a scheme in '{}'", text),
                    fmt::format("write host:port, such as {}", example)};
    return result;
  }
  auto host = text.substr(0, std::min(colon, text.size()));
  if (is_bracketed && host.size() > 1) host = host.substr(1, host.size() - 2);
  if (host.empty() || (is_bracketed && bracket == std::string_view::npos)) {
    result.wrong = {fmt::format("names no host in '{}'", text),
                    fmt::format("write host:port, such as {}", example)};
    return result;
  }
  if (!is_bracketed && host.find(':') != std::string_view::npos) {
    result.wrong = {fmt::format("holds an IPv6 address without brackets in '{}'", text),
                    "write [address]:port"};
    return result;
  }
  if (!std::all_of(host.begin(), host.end(), is_plain)) {
    result.wrong = {fmt::format("holds a space or a quote in '{}'", text),
                    fmt::format("write host:port, such as {}", example)};
    return result;
  }
  result.host = host;
  if (!has_port) {
    if (rule != port_rule::optional) {
      result.wrong = {fmt::format("has no port in '{}'", text),
                      fmt::format("write host:port, such as {}", example)};
    }
    return result;
  }
  const auto digits = text.substr(colon + 1);
  const auto* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, result.port);
  const bool is_number = !digits.empty() && error == std::errc{} && stop == end && text[colon] == ':';
  if (!is_number || (result.port == 0 && rule == port_rule::optional)) {
    result.wrong = {fmt::format("has the port '{}'", digits),
                    rule == port_rule::optional ? "a port is a number from 1 to 65535"
                                                : "a port is a number from 1 to 65535, or 0 for any free one"};
  }
  return result;
}

}  // namespace weir::config
