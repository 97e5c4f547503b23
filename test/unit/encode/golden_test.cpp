#include <encode/cell.hpp>

#include <simdjson.h>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

using namespace weir;
using namespace weir::encode;
using simdjson::dom::element;

namespace {

using kind = connect_schema::kind;

/// One line of cases.jsonl with what texts.jsonl says of its literal.
struct golden {
  std::string id;
  event::column column;
  std::optional<std::string> text;  ///< none: NULL
  bool is_before = false;           ///< an old row in which the server does not send it
  value_modes modes;
  bool is_absent = false;
  std::string json;
  element whole;
};

std::string text_of(element of) { return std::string(of.get_string().value()); }

struct recorded {
  event::column column;
  std::optional<std::string> text;
};

std::map<std::string, recorded> recorded_texts() {
  std::map<std::string, recorded> all;
  simdjson::dom::parser parser;
  simdjson::dom::document_stream lines = parser.load_many(WEIR_GOLDEN "/texts.jsonl");
  for (const element each : lines) {
    recorded made;
    event::column& column = made.column;
    column.name = "v";
    column.base_type_oid = column.type_oid = static_cast<std::uint32_t>(each["oid"].get_uint64().value());
    column.type_modifier = static_cast<std::int32_t>(each["modifier"].get_int64().value());
    column.type_name = text_of(each["name"]);
    column.type_kind = text_of(each["kind"]).at(0);
    column.element_type_oid = static_cast<std::uint32_t>(each["element_oid"].get_uint64().value());
    column.element_type_name = text_of(each["element_name"]);
    column.element_type_kind = text_of(each["element_kind"]).at(0);
    column.has_domain_elements = each["domain_elements"].get_bool().value();
    for (const element label : each["labels"].get_array().value()) column.labels.push_back(text_of(label));
    if (!each["text"].is_null()) made.text = text_of(each["text"]);
    all.emplace(text_of(each["type"]) + "|" + text_of(each["literal"]), std::move(made));
  }
  return all;
}

void set_mode(value_modes& modes, std::string_view name, std::string_view value) {
  const auto choose = [&](auto& into, auto... pairs) {
    const std::pair<std::string_view, std::remove_reference_t<decltype(into)>> known[] = {pairs...};
    for (const auto& [word, mode] : known) {
      if (word == value) into = mode;
    }
  };
  using std::pair;
  if (name == "decimal.handling.mode") {
    choose(modes.decimals, pair("precise", decimal_mode::precise), pair("double", decimal_mode::real_number),
           pair("string", decimal_mode::string));
  } else if (name == "time.precision.mode") {
    choose(modes.times, pair("adaptive", time_mode::adaptive),
           pair("adaptive_time_microseconds", time_mode::adaptive_time_microseconds),
           pair("connect", time_mode::connect), pair("isostring", time_mode::isostring),
           pair("microseconds", time_mode::microseconds), pair("nanoseconds", time_mode::nanoseconds));
  } else if (name == "binary.handling.mode") {
    choose(modes.binary, pair("bytes", binary_mode::bytes), pair("base64", binary_mode::base64),
           pair("base64-url-safe", binary_mode::base64_url_safe), pair("hex", binary_mode::hex));
  } else if (name == "interval.handling.mode") {
    choose(modes.intervals, pair("numeric", interval_mode::numeric), pair("string", interval_mode::string));
  } else if (name == "hstore.handling.mode") {
    choose(modes.hstore, pair("json", hstore_mode::json), pair("map", hstore_mode::map));
  } else if (name == "include.unknown.datatypes") {
    choose(modes.unknown, pair("true", unknown_mode::binary), pair("false", unknown_mode::absent));
  } else {
    REQUIRE(name == "money.fraction.digits");
    modes.money_fraction_digits = static_cast<std::uint32_t>(std::stoul(std::string(value)));
  }
}

value_modes debezium_defaults() {
  value_modes modes;
  modes.is_debezium = true;
  modes.decimals = decimal_mode::precise;
  modes.intervals = interval_mode::numeric;
  modes.unknown = unknown_mode::absent;
  return modes;
}

std::size_t for_each_case(const std::function<void(const golden&)>& check) {
  const auto texts = recorded_texts();
  simdjson::dom::parser parser;
  simdjson::dom::document_stream lines = parser.load_many(WEIR_GOLDEN "/cases.jsonl");
  std::size_t count = 0;
  for (const element each : lines) {
    const recorded& shown = texts.at(text_of(each["type"]) + "|" + text_of(each["literal"]));
    golden made;
    made.id = text_of(each["id"]);
    made.column = shown.column;
    made.text = shown.text;
    made.modes = debezium_defaults();
    for (const auto mode : each["mode"].get_object().value())
      set_mode(made.modes, mode.key, text_of(mode.value));
    made.is_before = each["in"].error() == simdjson::SUCCESS;
    made.column.is_required = made.is_before;
    made.is_absent = each["absent"].error() == simdjson::SUCCESS;
    if (!made.is_absent) made.json = simdjson::minify(each["json"].value());
    made.whole = each;
    CAPTURE(made.id);
    check(made);
    ++count;
  }
  return count;
}

/// none: refused
std::optional<std::string> written(const cell& by, const golden& of) {
  if (of.is_before) return by.missing;
  if (!of.text) return by.null;
  text_buffer to;
  if (!by.write(to, *of.text, by)) return std::nullopt;
  return std::string(to.view(0, to.size()));
}

bool same_number(element one, element other, bool is_single) {
  if (one.is_int64() && other.is_int64()) return one.get_int64().value() == other.get_int64().value();
  const double first = one.get_double().value(), second = other.get_double().value();
  if (!is_single) return std::bit_cast<std::uint64_t>(first) == std::bit_cast<std::uint64_t>(second);
  return std::bit_cast<std::uint32_t>(static_cast<float>(first)) ==
         std::bit_cast<std::uint32_t>(static_cast<float>(second));
}

bool same(element one, element other, bool is_single) {
  if (one.is_number() && other.is_number()) return same_number(one, other, is_single);
  if (one.is_array() && other.is_array()) {
    auto first = one.get_array().value(), second = other.get_array().value();
    if (first.size() != second.size()) return false;
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (!same(first.at(i), second.at(i), is_single)) return false;
    }
    return true;
  }
  if (one.is_object() && other.is_object()) {
    auto first = one.get_object().value(), second = other.get_object().value();
    if (first.size() != second.size()) return false;
    for (const auto field : first) {
      auto found = second[field.key];
      if (found.error() != simdjson::SUCCESS || !same(field.value, found.value(), is_single)) return false;
    }
    return true;
  }
  return simdjson::minify(one) == simdjson::minify(other);
}

/// The one object inside of a string whose order is that of Java's hash table, in the server's order.
std::string in_server_order(std::string json) {
  const std::string_view hashed = R"(\"key5\":null,\"key4\":\"val4\")",
                         sorted = R"(\"key4\":\"val4\",\"key5\":null)";
  if (const auto at = json.find(hashed); at != std::string::npos) json.replace(at, hashed.size(), sorted);
  return json;
}

bool same(const std::string& one, const std::string& other, bool is_single) {
  simdjson::dom::parser first, second;
  return same(first.parse(simdjson::padded_string(in_server_order(one))).value(),
              second.parse(simdjson::padded_string(in_server_order(other))).value(), is_single);
}

bool is_single(const cell& by) {
  return by.schema.is == kind::float32 || (by.schema.items && by.schema.items->is == kind::float32);
}

std::string_view name_of(kind is) {
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
  return "";
}

std::string text_or_empty(simdjson::simdjson_result<element> of) {
  return of.error() == simdjson::SUCCESS ? text_of(of.value()) : std::string{};
}

void check_schema(const connect_schema& made, element of) {
  CHECK(name_of(made.is) == text_of(of["schema_type"]));
  CHECK(made.name == text_or_empty(of["schema_name"]));
  std::size_t parameters = 0;
  if (auto wanted = of["schema_params"]; wanted.error() == simdjson::SUCCESS) {
    for (const auto each : wanted.get_object().value()) {
      ++parameters;
      const std::pair<std::string, std::string> one{each.key, text_of(each.value)};
      CHECK(std::find(made.parameters.begin(), made.parameters.end(), one) != made.parameters.end());
    }
  }
  CHECK(made.parameters.size() == parameters);
  if (auto items = of["items"]; items.error() == simdjson::SUCCESS) {
    REQUIRE(made.items != nullptr);
    CHECK(name_of(made.items->is) == text_of(items["type"]));
    CHECK(made.items->name == text_or_empty(items["name"]));
  } else {
    CHECK((made.items == nullptr || made.is == kind::map));
  }
}

/// What Weir makes of a case by its own rules, where that is something else: JSON, or `refused`.
std::map<std::string, std::string> own_values() {
  std::map<std::string, std::string> all;
  simdjson::dom::parser parser;
  simdjson::dom::document_stream lines = parser.load_many(WEIR_GOLDEN "/own.jsonl");
  for (const element each : lines) {
    all.emplace(text_of(each["id"]), each["json"].error() == simdjson::SUCCESS
                                         ? simdjson::minify(each["json"].value())
                                         : std::string("refused"));
  }
  return all;
}

}  // namespace

TEST_CASE("every value that Debezium makes is made with its rules, and has its schema") {
  const std::size_t count = for_each_case([](const golden& each) {
    const cell by = cell_for(each.column, each.modes);
    CHECK(by.is_left_out == each.is_absent);
    if (each.is_absent) return;
    const auto made = written(by, each);
    CHECK(made.has_value());
    if (!made) return;
    CAPTURE(*made, each.json);
    CHECK(same(*made, each.json, is_single(by)));
    check_schema(by.schema, each.whole);
  });
  CHECK(count == 1022);
}

TEST_CASE("by Weir's own rules the same values differ only where Debezium bends them") {
  const auto own = own_values();
  std::set<std::string> differing;
  for_each_case([&](const golden& each) {
    value_modes modes = each.modes;
    modes.is_debezium = false;
    modes.unknown = unknown_mode::text;
    const cell by = cell_for(each.column, modes);
    CHECK_FALSE(by.is_left_out);
    const std::string made = written(by, each).value_or("refused");
    if (made != "refused" && !each.is_absent && same(made, each.json, is_single(by))) return;
    differing.insert(each.id);
    const auto found = own.find(each.id);
    INFO("{\"id\":\"" << each.id << "\"," << (made == "refused" ? "\"refused\":true" : "\"json\":" + made)
                      << "}");
    CHECK(found != own.end());
    if (found != own.end() && made != "refused") CHECK(same(made, found->second, is_single(by)));
    if (found != own.end() && made == "refused") CHECK(found->second == "refused");
  });
  CHECK(differing.size() == own.size());
}
