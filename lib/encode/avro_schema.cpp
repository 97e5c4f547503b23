#include <encode/avro_schema.hpp>

#include <encode/base64.hpp>
#include <encode/encode_error.hpp>
#include <encode/json_text.hpp>

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <map>
#include <set>

namespace weir::encode {
namespace {

using kind = connect_schema::kind;

constexpr std::string_view decimal = "org.apache.kafka.connect.data.Decimal";
constexpr std::string_view precision_parameter = "connect.decimal.precision";
/// What AvroData says of a decimal whose precision nobody knows.
constexpr std::string_view usual_precision = "64";
constexpr std::string_view usual_namespace = "io.confluent.connect.avro";
constexpr std::string_view usual_name = "ConnectDefault";

std::string_view primitive_of(kind is) {
  switch (is) {
    case kind::int8:
    case kind::int16:
    case kind::int32:
      return "int";
    case kind::int64:
      return "long";
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
      return "record";
  }
  return {};
}

/// The logical types that Avro and Connect share.
std::string_view logical_type_of(const connect_schema& of) {
  if (of.name == decimal) return "decimal";
  if (of.name == "org.apache.kafka.connect.data.Date") return "date";
  if (of.name == "org.apache.kafka.connect.data.Time") return "time-millis";
  if (of.name == "org.apache.kafka.connect.data.Timestamp") return "timestamp-millis";
  return {};
}

std::string_view parameter(const connect_schema& of, std::string_view name, std::string_view otherwise) {
  for (const auto& [each, value] : of.parameters) {
    if (each == name) return value;
  }
  return otherwise;
}

/// As definitions of one name: what stands around them (optional, a default) is not part of it.
bool is_same(const connect_schema& one, const connect_schema& other) {
  const auto same_part = [](const auto& a, const auto& b) {
    return (a == nullptr) == (b == nullptr) &&
           (a == nullptr || (is_same(*a, *b) && a->is_optional == b->is_optional));
  };
  const auto same_field = [](const connect_schema::field& a, const connect_schema::field& b) {
    return a.name == b.name && a.schema.is_optional == b.schema.is_optional &&
           a.schema.default_json == b.schema.default_json && is_same(a.schema, b.schema);
  };
  return one.is == other.is && one.name == other.name && one.version == other.version &&
         one.parameters == other.parameters && same_part(one.items, other.items) &&
         same_part(one.keys, other.keys) &&
         std::equal(one.fields.begin(), one.fields.end(), other.fields.begin(), other.fields.end(), same_field);
}

/// Avro writes bytes of a default as a text whose characters are the bytes.
std::string latin1_string(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80U) {
      text += c;
    } else {
      text += static_cast<char>(0xC0U | (byte >> 6U));
      text += static_cast<char>(0x80U | (byte & 0x3FU));
    }
  }
  return json_string(text);
}

class schema_writer {
 public:
  std::string write(const connect_schema& of) {
    append(of, {});
    return std::move(out_);
  }

 private:
  void append(const connect_schema& of, const std::string& enclosing) {
    if (!of.is_optional) return append_type(of, enclosing);
    out_ += of.default_json ? "[" : "[\"null\",";
    append_type(of, enclosing);
    out_ += of.default_json ? ",\"null\"]" : "]";
  }

  void append_type(const connect_schema& of, const std::string& enclosing) {
    switch (of.is) {
      case kind::structure:
        return append_record(of, enclosing);
      case kind::array:
        out_ += R"({"type":"array","items":)";
        append(*of.items, enclosing);
        break;
      case kind::map:
        if (of.keys && (of.keys->is != kind::string || of.keys->is_optional)) {
          throw encode_error({}, {}, "a map whose keys are no texts has no form in Avro");
        }
        out_ += R"({"type":"map","values":)";
        append(*of.items, enclosing);
        break;
      case kind::int8:
      case kind::int16:
      case kind::int32:
      case kind::int64:
      case kind::float32:
      case kind::float64:
      case kind::boolean:
      case kind::string:
      case kind::bytes:
        return append_primitive(of);
    }
    append_properties(of);
    out_ += '}';
  }

  void append_primitive(const connect_schema& of) {
    const auto type = primitive_of(of.is);
    const auto begin = out_.size();
    out_ += fmt::format(R"({{"type":"{}")", type);
    const auto bare = out_.size();
    if (of.name == decimal) {
      out_ += fmt::format(R"(,"scale":{},"precision":{})", parameter(of, "scale", "0"),
                          parameter(of, precision_parameter, usual_precision));
    }
    append_properties(of);
    if (out_.size() > bare) {
      out_ += '}';
      return;
    }
    out_.resize(begin);
    out_ += fmt::format(R"("{}")", type);
  }

  void append_record(const connect_schema& of, const std::string& enclosing) {
    const auto whole =
        of.name.empty() ? fmt::format("{}.{}", usual_namespace, usual_name) : avro_name(of.name, true);
    const auto dot = whole.rfind('.');
    const auto space = dot == std::string::npos ? std::string{} : whole.substr(0, dot);
    const auto name = dot == std::string::npos ? whole : whole.substr(dot + 1);
    if (const auto known = defined_.find(whole); known != defined_.end()) {
      if (!is_same(*known->second, of)) {
        throw encode_error({}, {}, fmt::format("two different structures are named {}", whole));
      }
      out_ += json_string(space == enclosing ? name : whole);
      return;
    }
    defined_.emplace(whole, &of);
    out_ += fmt::format(R"({{"type":"record","name":"{}")", name);
    if (space != enclosing) out_ += fmt::format(R"(,"namespace":"{}")", space);
    out_ += R"(,"fields":[)";
    std::set<std::string> names;
    for (const auto& each : of.fields) {
      if (!names.empty()) out_ += ',';
      const auto [made, is_new] = names.insert(avro_name(each.name));
      if (!is_new) {
        throw encode_error({}, each.name, fmt::format("another column has the same name in Avro, {}", *made));
      }
      append_field(each, *made, space);
    }
    out_ += ']';
    append_properties(of);
    out_ += '}';
  }

  void append_field(const connect_schema::field& of, const std::string& name, const std::string& space) {
    out_ += fmt::format(R"({{"name":"{}","type":)", name);
    append(of.schema, space);
    if (of.schema.default_json) {
      out_ += ",\"default\":" + default_of(of.schema);
    } else if (of.schema.is_optional) {
      out_ += R"(,"default":null)";
    }
    out_ += '}';
  }

  /// In the order in which AvroData adds them.
  void append_properties(const connect_schema& of) {
    if (of.version != 0) out_ += fmt::format(R"(,"connect.version":{})", of.version);
    if (!of.parameters.empty()) {
      out_ += R"(,"connect.parameters":)";
      bool is_first = true;
      for (const auto& [name, value] : of.parameters) {
        out_ += (is_first ? "{" : ",") + json_string(name) + ":" + json_string(value);
        is_first = false;
      }
      out_ += '}';
    }
    if (of.default_json) out_ += R"(,"connect.default":)" + default_of(of);
    if (!of.name.empty()) out_ += R"(,"connect.name":)" + json_string(of.name);
    if (of.is == kind::int8) out_ += R"(,"connect.type":"int8")";
    if (of.is == kind::int16) out_ += R"(,"connect.type":"int16")";
    if (const auto logical = logical_type_of(of); !logical.empty()) {
      out_ += fmt::format(R"(,"logicalType":"{}")", logical);
    }
  }

  /// The JSON of a default is the converter's, where bytes are base64.
  static std::string default_of(const connect_schema& of) {
    if (of.is != kind::bytes) return *of.default_json;
    simdjson::dom::parser parser;
    std::string_view text;
    std::string bytes;
    if (parser.parse(*of.default_json).get(text) == simdjson::SUCCESS && append_bytes_of_base64(bytes, text)) {
      return latin1_string(bytes);
    }
    throw encode_error({}, {}, "the default of a column of bytes is no base64");
  }

  std::string out_;
  std::map<std::string, const connect_schema*> defined_;
};

}  // namespace

std::string avro_schema_text(const connect_schema& of) { return schema_writer{}.write(of); }

std::string avro_name(std::string_view name, bool is_dotted) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string made;
  bool is_first = true;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) == 0x80U) continue;  // the rest of a character that has its `_` already
    if (is_dotted && c == '.') {
      made += c;
      is_first = true;
      continue;
    }
    if (is_digit(c) && is_first) made += '_';
    made += is_letter(c) || is_digit(c) ? c : '_';
    is_first = false;
  }
  return made.empty() ? "_" : made;
}

}  // namespace weir::encode
