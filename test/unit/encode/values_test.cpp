#include "rows.hpp"

#include <encode/cell.hpp>

#include <simdjson.h>
#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstdlib>

using namespace weir;
using namespace weir::encode;

namespace {

std::optional<std::string> write(std::uint32_t oid, std::int32_t modifier, std::string_view text) {
  event::column column;
  column.base_type_oid = column.type_oid = oid;
  column.type_modifier = modifier;
  const cell by = cell_for(column, {});
  text_buffer to;
  if (!by.write(to, text, by)) return std::nullopt;
  return std::string(to.view(0, to.size()));
}

constexpr std::uint32_t float4 = 700, float8 = 701;

std::uint64_t bits_of(std::uint32_t oid, const std::string& number) {
  if (oid == float4) return std::bit_cast<std::uint32_t>(std::strtof(number.c_str(), nullptr));
  return std::bit_cast<std::uint64_t>(std::strtod(number.c_str(), nullptr));
}

}  // namespace

TEST_CASE("every value of the table is what Debezium makes of it") {
  simdjson::dom::parser parser, reader;
  simdjson::dom::document_stream cases = parser.load_many(WEIR_ENCODE_DATA "/values.jsonl");
  std::size_t count = 0;
  for (const simdjson::dom::element each : cases) {
    const auto id = std::string(each["id"].get_string().value());
    CAPTURE(id);
    ++count;
    const auto oid = static_cast<std::uint32_t>(each["oid"].get_uint64().value());
    const auto modifier = static_cast<std::int32_t>(each["modifier"].get_int64().value());
    if (each["text"].is_null()) {
      CHECK(each["json"].is_null());
      continue;
    }
    const auto written = write(oid, modifier, each["text"].get_string().value());
    REQUIRE(written.has_value());
    const simdjson::dom::element json = each["json"];
    if (json.is_string()) {
      const simdjson::dom::element back = reader.parse(simdjson::padded_string(*written));
      CHECK(back.get_string().value() == json.get_string().value());
    } else if (oid == float4 || oid == float8) {
      CHECK(bits_of(oid, *written) == bits_of(oid, simdjson::minify(json)));
    } else {
      CHECK(*written == simdjson::minify(json));
    }
  }
  CHECK(count == 225);
}

TEST_CASE("values at the edges of their types") {
  struct row {
    std::uint32_t oid;
    std::int32_t modifier;
    std::string_view text, json;
  };
  const row rows[] = {
      {16, -1, "t", "true"},
      {26, -1, "4000000000", "4000000000"},
      {20, -1, "-9223372036854775808", "-9223372036854775808"},
      {701, -1, "1e+20", "1e+20"},
      {701, -1, "-0", "-0.0"},
      {701, -1, "-Infinity", "\"-Infinity\""},
      {1700, -1, "-0.000000000000000000010", "\"-0.000000000000000000010\""},
      {1700, -1, "Infinity", "\"POSITIVE_INFINITY\""},
      {17, -1, "\\x", "\"\""},
      {17, -1, "\\x00", "\"AA==\""},
      {17, -1, "\\xDEADbeef", "\"3q2+7w==\""},
      {1082, -1, "infinity", "2147483647"},
      {1082, -1, "-infinity", "-2147483648"},
      {1082, -1, "4714-11-24 BC", "-2440588"},
      {1082, -1, "2000-02-29", "11016"},
      {1083, -1, "24:00:00", "86400000000"},
      {1083, 3, "24:00:00", "86400000"},
      {1083, 0, "13:51:30", "49890000"},
      {1114, -1, "294247-01-01 23:59:59.999999", "9223371331199999999"},
      {1114, 3, "294276-12-31 23:59:59.999", "9224318015999999"},
      {1114, -1, "4714-11-24 00:00:00 BC", "-210866803200000000"},
      {1184, 0, "2016-11-04 11:51:30+00", "\"2016-11-04T11:51:30Z\""},
      {1184, 1, "2016-11-04 11:51:30+00", "\"2016-11-04T11:51:30.0Z\""},
      {1184, -1, "infinity", "\"infinity\""},
      {1184, -1, "294276-12-31 23:59:59.999999+00", "\"+294276-12-31T23:59:59.999999Z\""},
      {1266, -1, "13:51:30.123789+02", "\"11:51:30.123789Z\""},
      {1186, -1, "1 year 2 mons", "\"P1Y2M0DT0H0M0S\""},
      {1007, -1, "{1,NULL,3}", "[1,null,3]"},
      {0, -1, "anything \"at\" all", "\"anything \\\"at\\\" all\""},
  };
  for (const auto& [oid, modifier, text, json] : rows) {
    CAPTURE(oid, modifier, text);
    CHECK(write(oid, modifier, text) == std::optional(std::string(json)));
  }
}

TEST_CASE("a text that cannot be what its type says is refused") {
  const std::pair<std::uint32_t, std::string_view> rows[] = {
      {16, "true"},
      {16, ""},
      {23, ""},
      {23, "-"},
      {23, "1.5"},
      {23, "0x1"},
      {23, " 1"},
      {23, "1 "},
      {23, "01"},
      {23, "+1"},
      {20, "100000000000000000000000"},
      {701, ""},
      {701, "1."},
      {701, ".5"},
      {701, "1e"},
      {701, "nan"},
      {701, "1,5"},
      {701, "-"},
      {1700, ""},
      {1700, "1e5"},
      {1700, "\"1\""},
      {1700, "1."},
      {17, ""},
      {17, "\\000"},
      {17, "\\x0"},
      {17, "\\xg0"},
      {17, "\\x0g"},
      {17, "\\x00000g"},
      {1082, ""},
      {1082, "2016-13-01"},
      {1082, "2016-00-01"},
      {1082, "2016-02-30"},
      {1082, "2015-02-29"},
      {1082, "1900-02-29"},
      {1082, "0000-01-01"},
      {1082, "11/04/2016"},
      {1082, "2016-11-04 AD"},
      {1082, "216-11-04"},
      {1082, "99999999-01-01"},
      {1083, "24:00:01"},
      {1083, "12:60:00"},
      {1083, "12:00:60"},
      {1083, "12:00"},
      {1083, "12:00:00."},
      {1083, "12:00:00.1234567"},
      {1083, "12:00:00+00"},
      {1114, "2016-11-04"},
      {1114, "2016-11-04 12:00:00+00"},
      {1114, "2016-11-04T12:00:00"},
      {1114, "294276-12-31 23:59:59.999999"},
      {1184, "2016-11-04 12:00:00"},
      {1184, "2016-11-04 12:00:00+02"},
      {1184, "2016-11-04 12:00:00+00:30"},
      {1184, "Fri Nov 04 12:00:00 2016 UTC"},
  };
  for (const auto& [oid, text] : rows) {
    CAPTURE(oid, text);
    CHECK_FALSE(write(oid, -1, text).has_value());
  }
  CHECK_FALSE(write(1083, 3, "12:00:00.1234").has_value());
  CHECK_FALSE(write(1114, 0, "2016-11-04 12:00:00.1234").has_value());
}
