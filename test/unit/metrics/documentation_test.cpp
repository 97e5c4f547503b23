#include <metrics/metrics_table.hpp>

#include <support/generated_block.hpp>

#include <catch2/catch_test_macros.hpp>

TEST_CASE("000-9 the operator's documentation lists every metric") {
  const auto generated = weir::metrics::metrics_as_markdown();
  const auto written = weir::support::generated_block(WEIR_OPERATOR_DOCS, "metrics", generated);
  INFO("WEIR_WRITE_DOCS=1 unit_metrics brings deploy/README.md up to date");
  CHECK(written == generated);
}
