#include "changes.hpp"

#include <string_view>
#include <vector>

namespace weir::filter::testing {

TEST_CASE("each type of PostgreSQL becomes the value that the documentation says") {
  struct row_of_table {
    std::uint32_t type;
    std::string_view text, filter;
  };
  const std::vector<row_of_table> cases{
      {16, "t", "new.v"},
      {16, "f", "new.v == false"},
      {17, "\\x00ff", R"(new.v == b'\x00\xff' && size(new.v) == 2)"},
      {18, "a", "new.v == 'a'"},
      {20, "-9223372036854775808", "new.v == -9223372036854775808"},
      {21, "-7", "new.v + 8 == 1"},
      {26, "4294967295", "new.v == 4294967295"},
      {114, R"({"a": [1, 2.5, "x", null, true]})", "new.v.a == [1, 2.5, 'x', null, true]"},
      {3802, R"({"a": {"b": 18446744073709551615}})", "new.v.a.b == 18446744073709551615u"},
      {3802, R"("caf\u00e9")", "new.v == 'caf\u00e9'"},
      {3802, "17", "new.v == 17 && new.v < 17.5"},
      {3802, "1e3", "new.v == 1000.0"},
      {3802, "null", "new.v == null"},
      {3802, "123456789012345678901234567890", "new.v > 1e29"},
      {700, "0.1", "new.v == 0.1"},
      {701, "NaN", "new.v != new.v"},
      {701, "-Infinity", "new.v < -1e308"},
      {701, "5e-324", "new.v > 0"},
      {1042, "ab   ", "new.v == 'ab'"},
      {1043, "ab ", "new.v == 'ab '"},
      {1082, "2024-02-29", "new.v == timestamp('2024-02-29T00:00:00Z') && new.v.getDate() == 29"},
      {1082, "0044-03-15 BC", "new.v.getFullYear() == -43 && new.v < timestamp('0001-01-01T00:00:00Z')"},
      {1082, "infinity", "new.v > timestamp('9999-12-31T23:59:59Z')"},
      {1083, "12:34:56", "new.v == '12:34:56'"},
      {1114, "2024-01-31 12:34:56.789", "new.v == timestamp('2024-01-31T12:34:56.789Z')"},
      {1184, "2024-01-31 12:34:56+00", "new.v.getHours('Europe/Berlin') == 13"},
      {1184, "2024-01-31 12:34:56+05:30", "new.v == timestamp('2024-01-31T07:04:56Z')"},
      {1184, "-infinity", "new.v < timestamp('0001-01-01T00:00:00Z') && new.v == new.v"},
      {1184, "294276-12-31 23:59:59.999999+00", "new.v > timestamp('9999-12-31T23:59:59Z')"},
      {1186, "2 days 03:04:05.5", "new.v == duration('51h4m5.5s')"},
      {1186, "-1 days +02:03:00", "new.v == duration('-21h57m')"},
      {1186, "00:00:00", "new.v == duration('0')"},
      {1186, "-00:00:01.25", "new.v == duration('-1250ms')"},
      {1700, "12.50", "new.v == 12.5 && new.v > 12 && new.v <= numeric('12.500')"},
      {1700, "0.1", "new.v == 0.1 && new.v in [0.1]"},
      {1700, "9223372036854775807.0000000001", "new.v > 9223372036854775807 && new.v < 9223372036854775808u"},
      {1700, "-0.00", "new.v == 0 && string(new.v) == '-0.00'"},
      {1700, "NaN", "new.v != new.v && !(new.v < 1) && !(new.v > 1)"},
      {1700, "Infinity", "new.v > 1e308"},
      {1700, "123456789012345678901234567890.5", "new.v == numeric('123456789012345678901234567890.50')"},
      {1700, "42.9", "int(new.v) == 42 && uint(new.v) == 42u && double(new.v) == 42.9"},
      {2950, "0f5c2b1e-0000-4000-8000-000000000001", "new.v.startsWith('0f5c')"},
      {1007, "{1,NULL,3}", "new.v == [1, null, 3] && 3 in new.v && size(new.v) == 3"},
      {1009, R"({a,"b,c","d\"e","NULL",""})", R"(new.v == ['a', 'b,c', 'd"e', 'NULL', ''])"},
      {1231, "{1.50}", "new.v[0] == 1.5"},
      {1000, "{}", "new.v == []"},
      {790, "$1.00", "new.v == '$1.00'"},
      {99'999, "open", "new.v == 'open'"},
  };
  for (const auto& [type, content, filter] : cases) {
    INFO(type << " " << content << ": " << filter);
    CHECK(said(filter, table({{"v", type}}), created({text(content)})) == "keep");
  }
}

TEST_CASE("texts that are not of their type, or have no value here, are errors") {
  struct row_of_table {
    std::uint32_t type;
    std::string_view text, filter, why;
  };
  constexpr std::string_view not_of_type = "the text from PostgreSQL is not of the column's type";
  constexpr std::string_view outside = "the value is outside of what the type holds";
  const std::vector<row_of_table> cases{
      {16, "true", "new.v", not_of_type},
      {17, "abc", "new.v == b''", not_of_type},
      {17, "\\x0g", "new.v == b''", not_of_type},
      {23, "1.5", "new.v == 1", not_of_type},
      {701, "1.5x", "new.v == 1.0", not_of_type},
      {1082, "2023-02-29", "new.v == commit_time", not_of_type},
      {1114, "2024-01-31T12:00:00", "new.v == commit_time", not_of_type},
      {1184, "2024-01-31 12:60:00+00", "new.v == commit_time", not_of_type},
      {1186, "1 mon", "new.v > duration('0')", outside},
      {1186, "1 year 2 mons", "new.v > duration('0')", outside},
      {1186, "106752 days", "new.v > duration('0')", outside},
      {1700, "12,5", "new.v > 1", not_of_type},
      {3802, "{", "new.v.a == 1", not_of_type},
      {3802, "1e999", "new.v == 1", outside},
      {1007, "{{1,2},{3,4}}", "new.v == []", not_of_type},
      {1007, "[0:1]={1,2}", "new.v == []", not_of_type},
      {1007, "{1,x}", "new.v == []", not_of_type},
  };
  for (const auto& [type, content, filter, why] : cases) {
    INFO(type << " " << content);
    CHECK(said(filter, table({{"v", type}}), created({text(content)})) ==
          "line 1, column 4: new.v: " + std::string(why));
  }
  const auto endless = table({{"v", 1184}});
  CHECK(said("new.v.getHours() == 1", endless, created({text("infinity")})) ==
        "line 1, column 7: " + std::string(outside));
  CHECK(said("new.v + duration('1s') > commit_time", endless, created({text("-infinity")})) ==
        "line 1, column 7: " + std::string(outside));
}

TEST_CASE("only columns that decide are decoded") {
  const auto table = testing::table({{"a"}, {"b", oid::int4}});
  CHECK(said("new.a == 'x' || new.b == 1", table, created({text("x"), text("no number")})) == "keep");
  CHECK(said("new.a == 'x' && new.b == 1", table, created({text("y"), text("no number")})) == "drop");
}

}  // namespace weir::filter::testing
