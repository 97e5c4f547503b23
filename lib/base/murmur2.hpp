#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

/// Murmur2 with the seed of Kafka's Java clients (org.apache.kafka.common.utils.Utils.murmur2): what equal keys
/// meet in one partition by. Java's number is the same bits with a sign.
[[nodiscard]] std::uint32_t murmur2(std::string_view bytes);

/// The partition of a hash among `count`, as Java clients choose it.
[[nodiscard]] constexpr std::int32_t partition_of(std::uint32_t hash, std::int32_t count) {
  constexpr std::uint32_t without_sign = 0x7FFF'FFFF;
  return static_cast<std::int32_t>((hash & without_sign) % static_cast<std::uint32_t>(count));
}

}  // namespace weir
