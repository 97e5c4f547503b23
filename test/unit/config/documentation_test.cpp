#include <config/render.hpp>

#include <support/generated_block.hpp>

#include <catch2/catch_test_macros.hpp>

TEST_CASE("000-8 the operator's documentation holds the tables of `weir settings --markdown`") {
  const auto generated = weir::config::settings_as_markdown();
  const auto written = weir::support::generated_block(WEIR_OPERATOR_DOCS, "settings", generated);
  INFO("WEIR_WRITE_DOCS=1 unit_config brings deploy/README.md up to date");
  CHECK(written == generated);
}
