#include <pipeline/position_text.hpp>

#include <catch2/catch_test_macros.hpp>

#include <limits>

using namespace weir;
using event::position;
using pipeline::position_text;

TEST_CASE("positions are written as the header's form says") {
  position_text text;
  CHECK(text.of({1, lsn{0x16B374D848}, 17, 2}) == "1/16/B374D848/17/2");
  CHECK(text.of({1, lsn{0x16B374D848}, 1'000'000, 0}) == "1/16/B374D848/1000000/0");
  CHECK(text.of({2, lsn{0x16B374D848}, 1, 0}) == "2/16/B374D848/1/0");
  CHECK(text.of({2, lsn{0}, 0, 0}) == "2/0/0/0/0");
}

TEST_CASE("the longest position fits, and every position reads back") {
  position_text text;
  const position longest{std::numeric_limits<std::uint32_t>::max(),
                         lsn{std::numeric_limits<std::uint64_t>::max()},
                         std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::uint32_t>::max()};
  CHECK(position::parse(text.of(longest)) == longest);
  CHECK(position::parse(text.of({})) == position{});
}
