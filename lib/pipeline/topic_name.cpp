#include <pipeline/topic_name.hpp>

#include <fmt/format.h>

#include <iterator>

namespace weir::pipeline {
namespace {

bool is_legal(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

bool is_upper_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); }

/// A name may hold what looks like an escape; then its underscore is escaped.
bool looks_escaped(std::string_view text) {
  constexpr std::size_t size_of_escape = 4;
  return text.size() >= size_of_escape && text.starts_with("_x") && is_upper_hex(text[2]) &&
         is_upper_hex(text[3]);
}

void append_escaped(std::string& to, std::string_view name) {
  for (; !name.empty(); name.remove_prefix(1)) {
    if (is_legal(name.front()) && !looks_escaped(name)) {
      to.push_back(name.front());
    } else {
      fmt::format_to(std::back_inserter(to), "_x{:02X}", static_cast<unsigned char>(name.front()));
    }
  }
}

}  // namespace

std::string topic_name(std::string_view topic_template, std::string_view schema, std::string_view table) {
  constexpr std::string_view schema_field = "{schema}";
  constexpr std::string_view table_field = "{table}";
  std::string name;
  while (!topic_template.empty()) {
    if (topic_template.starts_with(schema_field)) {
      append_escaped(name, schema);
      topic_template.remove_prefix(schema_field.size());
    } else if (topic_template.starts_with(table_field)) {
      append_escaped(name, table);
      topic_template.remove_prefix(table_field.size());
    } else {
      name.push_back(topic_template.front());
      topic_template.remove_prefix(1);
    }
  }
  return name;
}

}  // namespace weir::pipeline
