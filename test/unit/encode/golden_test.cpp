#include <encode/cell.hpp>

#include <support/golden.hpp>

#include <simdjson.h>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

using namespace weir;
using namespace weir::encode;
using simdjson::dom::element;
using support::golden_case;
using support::is_same_json;

namespace {

using kind = connect_schema::kind;

std::string text_of(element of) { return std::string(of.get_string().value()); }

/// What a server shows of a literal, and what its catalog says of the column.
struct recorded {
  event::column column;
  std::optional<std::string> text;  ///< none: NULL
};

std::map<std::pair<std::string, std::string>, recorded> recorded_texts() {
  std::map<std::pair<std::string, std::string>, recorded> all;
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
    all.emplace(std::pair{text_of(each["type"]), text_of(each["literal"])}, std::move(made));
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

using check_of_case = std::function<void(const golden_case&, recorded, const value_modes&)>;

std::size_t for_each_case(const check_of_case& check) {
  const auto texts = recorded_texts();
  const auto cases = support::golden_cases();
  for (const golden_case& each : cases) {
    CAPTURE(each.id);
    recorded shown = texts.at({each.type, each.literal});
    shown.column.is_required = each.is_before;
    value_modes modes = debezium_defaults();
    for (const auto& [name, value] : each.mode) set_mode(modes, name, value);
    check(each, std::move(shown), modes);
  }
  return cases.size();
}

/// none: refused
std::optional<std::string> written(const cell& by, const golden_case& of, const recorded& shown) {
  if (of.is_before) return by.missing;
  if (!shown.text) return by.null;
  text_buffer to;
  if (!by.write(to, *shown.text, by)) return std::nullopt;
  return std::string(to.view(0, to.size()));
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

void check_schema(const connect_schema& made, const golden_case& of) {
  CHECK(name_of(made.is) == of.schema_type);
  CHECK(made.name == of.schema_name);
  CHECK(std::is_permutation(made.parameters.begin(), made.parameters.end(), of.schema_parameters.begin(),
                            of.schema_parameters.end()));
  if (!of.items) {
    CHECK((made.items == nullptr || made.is == kind::map));
    return;
  }
  REQUIRE(made.items != nullptr);
  CHECK(name_of(made.items->is) == of.items->first);
  CHECK(made.items->name == of.items->second);
}

}  // namespace

TEST_CASE("every value that Debezium makes is made with its rules, and has its schema") {
  const std::size_t count =
      for_each_case([](const golden_case& each, const recorded& shown, const value_modes& modes) {
        const cell by = cell_for(shown.column, modes);
        CHECK(by.is_left_out == each.is_absent);
        if (each.is_absent) return;
        const auto made = written(by, each, shown);
        CHECK(made.has_value());
        if (!made) return;
        CAPTURE(*made, each.json);
        CHECK(is_same_json(*made, each.json, each.is_single()));
        check_schema(by.schema, each);
      });
  CHECK(count == 1022);
}

TEST_CASE("by Weir's own rules the same values differ only where Debezium bends them") {
  const auto own = support::own_golden_values();
  std::set<std::string> differing;
  for_each_case([&](const golden_case& each, const recorded& shown, value_modes modes) {
    modes.is_debezium = false;
    modes.unknown = unknown_mode::text;
    const cell by = cell_for(shown.column, modes);
    CHECK_FALSE(by.is_left_out);
    const std::string made = written(by, each, shown).value_or("refused");
    if (made != "refused" && !each.is_absent && is_same_json(made, each.json, each.is_single())) return;
    differing.insert(each.id);
    INFO("{\"id\":\"" << each.id << "\"," << (made == "refused" ? "\"refused\":true" : "\"json\":" + made)
                      << "}");
    const auto found = own.find(each.id);
    CHECK(found != own.end());
    if (found == own.end()) return;
    CHECK(
        (made == found->second || (made != "refused" && is_same_json(made, found->second, each.is_single()))));
  });
  CHECK(differing.size() == own.size());
}
