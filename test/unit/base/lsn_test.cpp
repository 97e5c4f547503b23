#include <base/lsn.hpp>

#include <catch2/catch_test_macros.hpp>

using weir::lsn;

TEST_CASE("an LSN prints and reads as PostgreSQL writes it") {
  const lsn at{0x16B374D848ULL};
  CHECK(to_string(at) == "16/B374D848");
  CHECK(lsn::parse("16/B374D848") == at);
  CHECK(lsn::parse("0/0") == lsn{});
  CHECK(lsn::parse("FFFFFFFF/FFFFFFFF") == lsn{UINT64_MAX});
}

TEST_CASE("an LSN is refused when it is anything but two hexadecimal halves") {
  for (const auto* text :
       {"", "/", "1/", "/1", "16", "16/G", "-1/0", "+1/0", " 1/0", "1/0 ", "1/123456789", "1/2/3"}) {
    INFO(text);
    CHECK_FALSE(lsn::parse(text));
  }
}
