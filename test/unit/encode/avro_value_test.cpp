#include "avro_trees.hpp"

#include <encode/avro_schema.hpp>
#include <encode/avro_value.hpp>
#include <encode/encode_error.hpp>
#include <support/avro_reader.hpp>

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <random>
#include <string>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

using namespace weir::encode;
using namespace weir::encode::trees;
using namespace std::string_literals;

namespace {

std::string avro(const connect_schema& by, std::string_view json) {
  std::string made;
  avro_value{}.append(made, by, json, "public.t");
  return made;
}

/// What is wrong, as "column: complaint".
std::string fault(const connect_schema& by, std::string_view json) {
  try {
    avro(by, json);
  } catch (const encode_error& why) {
    CHECK(why.table() == "public.t");
    return why.column() + ": " + why.what();
  }
  return "none";
}

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// Numbers as text, so that 1 and 1.0 are the same and NaN is NaN.
std::string normal(simdjson::dom::element of) {
  using simdjson::dom::element_type;
  switch (of.type()) {
    case element_type::ARRAY: {
      std::string all = "[";
      for (const auto each : of.get_array().value_unsafe()) all += normal(each) + ",";
      return all + "]";
    }
    case element_type::OBJECT: {
      std::string all = "{";
      for (const auto each : of.get_object().value_unsafe()) {
        all += std::string{each.key} + ":" + normal(each.value) + ",";
      }
      return all + "}";
    }
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      return fmt::format("{}", double{of.get_double().value_unsafe()});
    case element_type::STRING:
      return fmt::format("'{}'", of.get_string().value_unsafe());
    case element_type::BOOL:
      return of.get_bool().value_unsafe() ? "true" : "false";
    case element_type::NULL_VALUE:
      return "null";
  }
  return {};
}

std::string normal(const std::string& json) {
  simdjson::dom::parser parser;
  return normal(parser.parse(json).value());
}

/// Random JSON that fits a schema.
class generator {
 public:
  explicit generator(unsigned seed) : random_(seed) {}

  std::string value(const connect_schema& of) {
    if (of.is_optional && chance(4)) return "null";
    switch (of.is) {
      case kind::int8:
        return std::to_string(number(-128, 127));
      case kind::int16:
        return std::to_string(number(-32768, 32767));
      case kind::int32:
        return std::to_string(
            number(std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()) >>
            number(0, 31));
      case kind::int64:
        return std::to_string(
            number(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()) >>
            number(0, 63));
      case kind::float32:
        return fmt::format("{}", static_cast<double>(number(-(1 << 20), 1 << 20)) / 64);
      case kind::float64:
        if (chance(8)) return chance(2) ? R"("NaN")" : R"("-Infinity")";
        return fmt::format("{}", std::ldexp(static_cast<double>(number(-(1LL << 50), 1LL << 50)),
                                            static_cast<int>(number(-200, 200))));
      case kind::boolean:
        return chance(2) ? "true" : "false";
      case kind::string:
        return string();
      case kind::bytes:
        return bytes();
      case kind::array:
        return list('[', ']', [&](int) { return value(*of.items); });
      case kind::map:
        return list('{', '}', [&](int n) { return fmt::format(R"("k{}":{})", n, value(*of.items)); });
      case kind::structure: {
        std::string all = "{";
        for (const auto& each : of.fields) {
          all += fmt::format("{}\"{}\":{}", all.size() > 1 ? "," : "", each.name, value(each.schema));
        }
        return all + "}";
      }
    }
    return {};
  }

 private:
  std::int64_t number(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>{least, most}(random_);
  }
  bool chance(int of) { return number(1, of) == 1; }

  std::string string() {
    constexpr std::string_view pieces[] = {"a",       "\\n", "\\\"", "\xC3\xA9", "\xF0\x9F\x98\x80",
                                           "\\u0000", "\\\\"};
    std::string made = "\"";
    for (auto left = number(0, chance(10) ? 300 : 6); left > 0; --left) {
      made += pieces[static_cast<std::size_t>(number(0, 6))];
    }
    return made + "\"";
  }

  std::string bytes() {
    constexpr std::string_view pieces[] = {"", "AA==", "AP8=", "AP9B", "3q2+7w=="};
    return fmt::format("\"{}\"", pieces[static_cast<std::size_t>(number(0, 4))]);
  }

  template <class Make>
  std::string list(char open, char close, Make make) {
    std::string all{open};
    const auto count = static_cast<int>(number(0, chance(10) ? 100 : 3));
    for (int n = 0; n < count; ++n) all += (n == 0 ? "" : ",") + make(n);
    return all + close;
  }

  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("numbers are zigzag, as short as they can be") {
  const auto number = of(kind::int64);
  CHECK(avro(number, "0") == "\0"s);
  CHECK(avro(number, "-1") == "\x01");
  CHECK(avro(number, "1") == "\x02");
  CHECK(avro(number, "63") == "\x7E");
  CHECK(avro(number, "-64") == "\x7F");
  CHECK(avro(number, "64") == "\x80\x01");
  CHECK(avro(number, "9223372036854775807") == "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01");
  CHECK(avro(number, "-9223372036854775808") == "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01");
  CHECK(avro(of(kind::float64), "1") == "\0\0\0\0\0\0\xF0\x3F"s);
  CHECK(avro(of(kind::float32), "-0.5") == "\0\0\0\xBF"s);
  CHECK(avro(of(kind::float32), R"("Infinity")") == "\0\0\x80\x7F"s);
}

TEST_CASE("texts, bytes, lists and choices are as the specification of Avro shows them") {
  CHECK(avro(of(kind::string), R"("foo")") ==
        "\x06"
        "foo");
  CHECK(avro(of(kind::bytes), R"("AP9B")") == "\x06\0\xFF\x41"s);
  CHECK(avro(of(kind::bytes), R"("")") == "\0"s);
  CHECK(avro(of(kind::boolean), "true") == "\x01");
  CHECK(avro(array_of(of(kind::int64)), "[3,27]") == "\x04\x06\x36\0"s);
  CHECK(avro(array_of(of(kind::int64)), "[]") == "\0"s);
  CHECK(avro(map_of(of(kind::int32)), R"({"a":1})") ==
        "\x02\x02"
        "a\x02\0"s);
  CHECK(avro(optional(kind::string), "null") == "\0"s);
  CHECK(avro(optional(kind::string), R"("a")") ==
        "\x02\x02"
        "a");
  CHECK(avro(with_default(optional(kind::string), R"("x")"), "null") == "\x02");
  CHECK(avro(with_default(optional(kind::string), R"("x")"), R"("a")") ==
        "\0\x02"
        "a"s);
  CHECK(avro(structure("r", {{"a", of(kind::int64)}, {"b", of(kind::string)}}), R"({"a":27,"b":"foo"})") ==
        "\x36\x06"
        "foo");
  CHECK(avro(array_of(array_of(of(kind::boolean))), "[[true],[]]") == "\x04\x02\x01\0\0\0"s);
}

TEST_CASE("a record is framed by a zero and its schema's number") {
  std::string made;
  append_avro_frame(made, 0x01020304);
  append_avro_string(made, "k");
  CHECK(made == "\0\x01\x02\x03\x04\x02k"s);
}

TEST_CASE("fields come in the schema's order, and an optional one that is missing is null") {
  const auto pair =
      structure("r", {{"a", of(kind::int64)}, {"b", optional(kind::int64)}, {"c", of(kind::int64)}});
  CHECK(avro(pair, R"({"c":3,"a":1})") == "\x02\0\x06"s);
}

TEST_CASE("what does not fit its schema is refused with its place and never its value") {
  const auto inner = structure("r", {{"n", of(kind::int16)}, {"o", optional(kind::bytes)}});
  const auto outer = structure("e", {{"after", optional(inner)}, {"list", array_of(of(kind::string))}});
  const auto in_outer = [&](std::string_view after, std::string_view list = "[]") {
    return fault(outer, fmt::format(R"({{"after":{},"list":{}}})", after, list));
  };
  CHECK(in_outer("null") == "none");
  CHECK(in_outer(R"({"n":-32768,"o":"AA=="})") == "none");
  CHECK(says(in_outer(R"({"n":32768})"), "after.n: "));
  CHECK(says(in_outer(R"({"n":32768})"), "not between -32768 and 32767"));
  CHECK(says(in_outer(R"({"n":1.5})"), "after.n: "));
  CHECK(says(in_outer(R"({"n":null})"), "it is null and must not be"));
  CHECK(says(in_outer(R"({"o":null})"), "after.n: "));
  CHECK(says(in_outer(R"({"o":null})"), "it is missing"));
  CHECK(says(in_outer(R"({"n":1,"o":"secret"})"), "after.o: "));
  CHECK(!says(in_outer(R"({"n":1,"o":"secret"})"), "secret"));
  CHECK(says(in_outer(R"({"n":1,"o":"AB=="})"), "no base64"));
  CHECK(says(in_outer(R"({"n":1,"x":2})"), "fields that its schema has not"));
  CHECK(says(in_outer("null", "[1]"), "list: "));
  CHECK(says(in_outer("null", R"({"a":1})"), "list: "));
  CHECK(says(fault(of(kind::int64), "9223372036854775808"), "whole number of 64 bits"));
  CHECK(says(fault(of(kind::float32), "1e300"), "does not fit into 32 bits"));
  CHECK(says(fault(of(kind::float64), R"("12")"), "no number"));
  CHECK(says(fault(of(kind::string), "\"\\ud800\""), "broken"));
  CHECK(says(fault(of(kind::string), "\"a"), "broken"));
  avro_value again;
  std::string made;
  CHECK_THROWS_AS(again.append(made, of(kind::int32), "{", "public.t"), encode_error);
  made.clear();
  again.append(made, of(kind::int32), "1", "public.t");
  CHECK(made == "\x02");
}

TEST_CASE("the Apache project's reader reads every value back by the schema that is registered") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  weir::support::avro_reader reader;
  generator random{seed};
  const auto whole = envelope();
  const auto schema = avro_schema_text(whole);
  for (int n = 0; n < 200; ++n) {
    const auto json = random.value(whole);
    INFO(json);
    REQUIRE(normal(reader.read(schema, avro(whole, json))) == normal(json));
  }
}
