#include <support/golden.hpp>

#include <simdjson.h>

#include <bit>
#include <string_view>

namespace weir::support {
namespace {

using simdjson::dom::element;

std::string text_of(element of) { return std::string(of.get_string().value()); }

std::string text_or_empty(simdjson::simdjson_result<element> of) {
  return of.error() == simdjson::SUCCESS ? text_of(of.value_unsafe()) : std::string{};
}

bool is_there(simdjson::simdjson_result<element> of) { return of.error() == simdjson::SUCCESS; }

golden_case case_of(element line) {
  golden_case made;
  made.id = text_of(line["id"]);
  made.type = text_of(line["type"]);
  made.literal = text_of(line["literal"]);
  made.needs = text_or_empty(line["needs"]);
  for (const auto each : line["mode"].get_object().value()) made.mode.emplace(each.key, text_of(each.value));
  made.is_before = is_there(line["in"]);
  made.is_absent = is_there(line["absent"]);
  if (made.is_absent) return made;
  made.json = simdjson::minify(line["json"].value());
  made.schema_type = text_of(line["schema_type"]);
  made.schema_name = text_or_empty(line["schema_name"]);
  if (auto parameters = line["schema_params"]; is_there(parameters)) {
    for (const auto each : parameters.get_object().value()) {
      made.schema_parameters.emplace_back(each.key, text_of(each.value));
    }
  }
  if (auto items = line["items"]; is_there(items)) {
    made.items.emplace(text_of(items["type"]), text_or_empty(items["name"]));
  }
  return made;
}

bool same_number(element one, element other, bool is_single) {
  if (one.is_int64() && other.is_int64()) return one.get_int64().value() == other.get_int64().value();
  const double first = one.get_double().value();
  const double second = other.get_double().value();
  if (!is_single) return std::bit_cast<std::uint64_t>(first) == std::bit_cast<std::uint64_t>(second);
  return std::bit_cast<std::uint32_t>(static_cast<float>(first)) ==
         std::bit_cast<std::uint32_t>(static_cast<float>(second));
}

bool same(element one, element other, bool is_single) {
  if (one.is_number() && other.is_number()) return same_number(one, other, is_single);
  if (one.is_array() && other.is_array()) {
    const auto first = one.get_array().value();
    const auto second = other.get_array().value();
    if (first.size() != second.size()) return false;
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (!same(first.at(i), second.at(i), is_single)) return false;
    }
    return true;
  }
  if (one.is_object() && other.is_object()) {
    const auto first = one.get_object().value();
    const auto second = other.get_object().value();
    if (first.size() != second.size()) return false;
    for (const auto field : first) {
      auto found = second[field.key];
      if (!is_there(found) || !same(field.value, found.value_unsafe(), is_single)) return false;
    }
    return true;
  }
  return simdjson::minify(one) == simdjson::minify(other);
}

/// The one object inside of a string whose order is that of Java's hash table, in the server's order.
std::string in_server_order(std::string json) {
  const std::string_view hashed = R"(\"key5\":null,\"key4\":\"val4\")";
  const std::string_view sorted = R"(\"key4\":\"val4\",\"key5\":null)";
  if (const auto at = json.find(hashed); at != std::string::npos) json.replace(at, hashed.size(), sorted);
  return json;
}

}  // namespace

bool golden_case::is_single() const {
  return schema_type == "float" || (items.has_value() && items->first == "float");
}

std::vector<golden_case> golden_cases() {
  std::vector<golden_case> all;
  simdjson::dom::parser parser;
  simdjson::dom::document_stream lines = parser.load_many(WEIR_GOLDEN "/cases.jsonl");
  for (const element each : lines) all.push_back(case_of(each));
  return all;
}

std::map<std::string, std::string> own_golden_values() {
  std::map<std::string, std::string> all;
  simdjson::dom::parser parser;
  simdjson::dom::document_stream lines = parser.load_many(WEIR_GOLDEN "/own.jsonl");
  for (const element each : lines) {
    all.emplace(text_of(each["id"]), is_there(each["json"])
                                         ? std::string{simdjson::minify(each["json"].value())}
                                         : std::string{"refused"});
  }
  return all;
}

bool is_same_json(const std::string& one, const std::string& other, bool is_single) {
  simdjson::dom::parser first;
  simdjson::dom::parser second;
  return same(first.parse(simdjson::padded_string(in_server_order(one))).value(),
              second.parse(simdjson::padded_string(in_server_order(other))).value(), is_single);
}

}  // namespace weir::support
