#include <filter/decimal.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <string_view>

namespace weir::filter {

TEST_CASE("decimals are ordered by value, whatever their texts look like") {
  constexpr std::array<std::string_view, 15> ascending{"-Infinity",
                                                       "-1e400",
                                                       "-12345678901234567890.2",
                                                       "-12345678901234567890.1",
                                                       "-1",
                                                       "-0.10",
                                                       "-0.01",
                                                       "0",
                                                       "0.00001",
                                                       "0.0001",
                                                       "0.1",
                                                       "1e0",
                                                       "1.5",
                                                       "12",
                                                       "Infinity"};
  for (std::size_t left = 0; left < ascending.size(); ++left) {
    for (std::size_t right = 0; right < ascending.size(); ++right) {
      INFO(ascending[left] << " and " << ascending[right]);
      const auto found = *decimal::parse(ascending[left]) <=> *decimal::parse(ascending[right]);
      CHECK(found == (left <=> right));
    }
  }
}

TEST_CASE("zeros at either end and exponents do not change a decimal") {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> same{{{"1.50", "01.5"},
                                                                               {"0.00", "-0"},
                                                                               {"100", "1e2"},
                                                                               {"0.001", "1e-3"},
                                                                               {"+5", "5."},
                                                                               {".5", "0.5"},
                                                                               {"1234e-2", "12.34"},
                                                                               {"1000000", "1e+6"}}};
  for (const auto& [left, right] : same) {
    INFO(left << " and " << right);
    CHECK((*decimal::parse(left) <=> *decimal::parse(right)) == std::partial_ordering::equivalent);
  }
}

TEST_CASE("NaN has no order, not even with itself") {
  CHECK((*decimal::parse("NaN") <=> *decimal::parse("NaN")) == std::partial_ordering::unordered);
  CHECK((*decimal::parse("1") <=> *decimal::parse("NaN")) == std::partial_ordering::unordered);
}

TEST_CASE("texts that are no decimal are refused") {
  for (const auto* const text :
       {"", "-", ".", "1e", "1e+", "--1", "1.2.3", "nan", "1x", " 1", "e5", "1e99999999999"}) {
    INFO(text);
    CHECK_FALSE(decimal::parse(text));
  }
}

TEST_CASE("a decimal is truncated towards zero where it fits") {
  CHECK(decimal::parse("-1.9")->truncated() == -1);
  CHECK(decimal::parse("1234.5e2")->truncated() == 123'450);
  CHECK(decimal::parse("-9223372036854775808.9")->truncated() == INT64_MIN);
  CHECK_FALSE(decimal::parse("9223372036854775808")->truncated());
  CHECK(decimal::parse("18446744073709551615.5")->truncated_unsigned() == UINT64_MAX);
  CHECK_FALSE(decimal::parse("18446744073709551616")->truncated_unsigned());
  CHECK(decimal::parse("-0.5")->truncated_unsigned() == 0U);
  CHECK_FALSE(decimal::parse("-1")->truncated_unsigned());
  CHECK_FALSE(decimal::parse("NaN")->truncated());
  CHECK_FALSE(decimal::parse("1e400")->truncated());
}

}  // namespace weir::filter
