#include <encode/json_text.hpp>
#include <encode/schema_text.hpp>

#include <string_view>

namespace weir::encode {
namespace {

using kind = connect_schema::kind;

std::string_view word_for(kind is) {
  switch (is) {
    case kind::int8:
      return "int8";
    case kind::int16:
      return "int16";
    case kind::int32:
      return "int32";
    case kind::int64:
      return "int64";
    case kind::float32:
      return "float";
    case kind::float64:
      return "double";
    case kind::boolean:
      return "boolean";
    case kind::string:
      return "string";
    case kind::bytes:
      return "bytes";
    case kind::array:
      return "array";
    case kind::map:
      return "map";
    case kind::structure:
      return "struct";
  }
  return {};
}

void write(std::string& to, const connect_schema& of, const std::string* field);

/// What the elements of an array or a map look like; a schema that does not say it has strings.
void write_part(std::string& to, std::string_view name, const connect_schema* part) {
  static const connect_schema text;
  to.append(",\"").append(name).append("\":");
  write(to, part == nullptr ? text : *part, nullptr);
}

void write_content(std::string& to, const connect_schema& of) {
  if (of.is == kind::array) write_part(to, "items", of.items.get());
  if (of.is == kind::map) {
    write_part(to, "keys", of.keys.get());
    write_part(to, "values", of.items.get());
  }
  if (of.is != kind::structure) return;
  to += ",\"fields\":[";
  for (const auto& each : of.fields) {
    if (&each != of.fields.data()) to += ',';
    write(to, each.schema, &each.name);
  }
  to += ']';
}

void write_parameters(std::string& to, const connect_schema& of) {
  if (of.parameters.empty()) return;
  to += ",\"parameters\":";
  for (const auto& each : of.parameters) {
    to += &each == of.parameters.data() ? '{' : ',';
    to.append(json_string(each.first)).append(":").append(json_string(each.second));
  }
  to += '}';
}

void write(std::string& to, const connect_schema& of, const std::string* field) {
  to.append("{\"type\":\"").append(word_for(of.is)).append("\"");
  write_content(to, of);
  to += of.is_optional ? ",\"optional\":true" : ",\"optional\":false";
  if (!of.name.empty()) to.append(",\"name\":").append(json_string(of.name));
  if (of.version != 0) to.append(",\"version\":").append(std::to_string(of.version));
  write_parameters(to, of);
  if (of.default_json) to.append(",\"default\":").append(*of.default_json);
  if (field != nullptr) to.append(",\"field\":").append(json_string(*field));
  to += '}';
}

}  // namespace

std::string schema_text(const connect_schema& of) {
  std::string text;
  write(text, of, nullptr);
  return text;
}

std::string schema_opening(const connect_schema& of) {
  return "{\"schema\":" + schema_text(of) + ",\"payload\":";
}

}  // namespace weir::encode
