#include <base/murmur2.hpp>

#include <catch2/catch_test_macros.hpp>

using weir::murmur2;
using weir::partition_of;

namespace {

/// Java's int.
std::int32_t hashed(std::string_view text) { return static_cast<std::int32_t>(murmur2(text)); }

}  // namespace

TEST_CASE("murmur2 gives the numbers that Kafka's own tests expect") {
  // org.apache.kafka.common.utils.UtilsTest, testMurmur2
  CHECK(hashed("21") == -973932308);
  CHECK(hashed("foobar") == -790332482);
  CHECK(hashed("a-little-bit-long-string") == -985981536);
  CHECK(hashed("a-little-bit-longer-string") == -1486304829);
  CHECK(hashed("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8") == -58897971);
  CHECK(hashed("abc") == 479470107);
}

TEST_CASE("a hash names a partition whatever its sign is") {
  CHECK(partition_of(murmur2("foobar"), 1) == 0);
  CHECK(partition_of(murmur2("21"), 12) == (-973932308 & 0x7FFFFFFF) % 12);
  CHECK(partition_of(0xFFFF'FFFF, 10) == 0x7FFF'FFFF % 10);
}
