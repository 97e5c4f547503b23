#include <stdio/json_line.hpp>

#include <fmt/format.h>
#include <simdjson.h>

#include <iterator>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

namespace weir::stdio {
namespace {

void append_string(std::string& to, std::string_view text) {
  to += boost::json::serialize(boost::json::string{text.data(), text.size()});
}

bool is_one_document(std::string_view text) {
  simdjson::dom::parser parser;
  return text.find('\n') == std::string_view::npos &&
         parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
}

void append_hex(std::string& to, std::string_view bytes) {
  to += '"';
  for (const unsigned char c : bytes) fmt::format_to(std::back_inserter(to), "{:02x}", c);
  to += '"';
}

/// Appends `"name":document` and says where the document lies.
std::optional<json_line::place> append_document(std::string& to, std::string_view name,
                                                const std::optional<std::string_view>& text,
                                                bool may_be_anything) {
  if (!text) {
    fmt::format_to(std::back_inserter(to), "\"{}\":null", name);
    return std::nullopt;
  }
  if (may_be_anything && !is_one_document(*text)) {
    fmt::format_to(std::back_inserter(to), "\"{}_hex\":", name);
    append_hex(to, *text);
    return json_line::place{0, 0, std::string{*text}};
  }
  fmt::format_to(std::back_inserter(to), "\"{}\":", name);
  json_line::place at{to.size(), text->size()};
  to += *text;
  return at;
}

std::string_view view_of(const json_line::place& at, std::string_view text) {
  return at.bytes.empty() ? text.substr(at.at, at.size) : std::string_view{at.bytes};
}

}  // namespace

event::record json_line::record() const {
  event::record what;
  if (key) what.key = view_of(*key, text);
  if (value) what.value = view_of(*value, text);
  return what;
}

json_line to_line(std::string_view topic, const event::record& what, bool may_be_anything) {
  json_line line;
  line.text = "{\"topic\":";
  append_string(line.text, topic);
  line.text += ',';
  line.key = append_document(line.text, "key", what.key, may_be_anything);
  line.text += ',';
  line.value = append_document(line.text, "value", what.value, may_be_anything);
  line.text += ",\"headers\":{";
  bool is_first = true;
  for (const auto& each : what.headers) {
    if (!std::exchange(is_first, false)) line.text += ',';
    append_string(line.text, each.name);
    line.text += ':';
    append_string(line.text, each.value);
  }
  line.text += "}}\n";
  return line;
}

}  // namespace weir::stdio
