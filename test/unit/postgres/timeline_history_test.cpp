#include <postgres/timeline_history.hpp>

#include <catch2/catch_test_macros.hpp>

#include <base/failure.hpp>

using namespace weir;
using weir::postgres::timeline_history;

TEST_CASE("B4 a timeline history tells where each ancestor was left") {
  const auto history = timeline_history::parse(
      "# a comment\n1\t0/3000148\tno recovery target specified\n\n2\t16/B374D848\tbefore 2026-01-01 "
      "00:00:00+00\n");
  CHECK(history.switch_point(1) == lsn{0x3000148});
  CHECK(history.switch_point(2) == lsn{0x16B374D848});
  CHECK_FALSE(history.switch_point(3));
  CHECK_FALSE(timeline_history::parse("").switch_point(1));
  CHECK(timeline_history::parse("7\t0/1").switch_point(7) == lsn{1});
}

TEST_CASE("B4 a timeline history that is not understood is refused") {
  for (const auto* text :
       {"x\t0/1\treason", "1", "1\t\treason", "1\t0-1\treason", "0\t0/1\treason", "-1\t0/1"}) {
    INFO(text);
    CHECK_THROWS_AS(timeline_history::parse(text), failure);
  }
}
