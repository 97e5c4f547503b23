#include <postgres/table_patterns.hpp>

#include <catch2/catch_test_macros.hpp>

#include <base/failure.hpp>

using weir::postgres::table_patterns;

namespace {

struct named {
  std::string schema;
  std::string name;
};

}  // namespace

TEST_CASE("a pattern takes schema.table, with a star inside the names") {
  const table_patterns taken{{"public.orders", "shop.order_*", "*.audit", "a*b.*c*"}};
  CHECK(taken.takes("public", "orders"));
  CHECK_FALSE(taken.takes("public", "orders2"));
  CHECK_FALSE(taken.takes("public", "Orders"));
  CHECK(taken.takes("shop", "order_"));
  CHECK(taken.takes("shop", "order_2024"));
  CHECK_FALSE(taken.takes("shop", "orders"));
  CHECK(taken.takes("anything", "audit"));
  CHECK(taken.takes("aXbXb", "XcX"));
  CHECK_FALSE(taken.takes("aXbX", "XcX"));
}

TEST_CASE("no pattern takes every table") {
  CHECK(table_patterns{}.takes("public", "orders"));
  CHECK(table_patterns{}.takes_everything());
}

TEST_CASE("a pattern that is no schema.table is refused") {
  for (const auto* text : {"orders", ".orders", "public.", "a.b.c", ""}) {
    INFO(text);
    CHECK_THROWS_AS(table_patterns{{text}}, weir::failure);
  }
}

TEST_CASE("patterns that take nothing are named") {
  const table_patterns taken{{"public.orders", "public.absent", "gone.*"}};
  const std::vector<named> tables{{"public", "orders"}, {"public", "customers"}};
  CHECK(taken.missing(tables) == std::vector<std::string>{"public.absent"});
  CHECK(taken.idle(tables) == std::vector<std::string>{"gone.*"});
}
