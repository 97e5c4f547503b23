#pragma once

#include <base/size.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace weir::event {

struct header {
  std::string_view name;
  std::string_view value;
};

/// What a sink gets. Views: whoever keeps the record copies it.
struct record {
  std::optional<std::string_view> key;    ///< none: any partition
  std::optional<std::string_view> value;  ///< none: a tombstone
  std::span<const header> headers;
  /// Chooses the partition in place of the key: weir::murmur2 of what should stay together. Sinks without
  /// partitions do not look at it.
  std::optional<std::uint32_t> partition_hash = std::nullopt;
};

/// What librdkafka keeps beside key and value for each record in flight: the message (176), the list of its
/// headers with room for sixteen (256), each of our two headers (80), and what the allocator adds to the five.
inline constexpr bytes overhead_of_record = 640;
/// Key and value are copied once more into the request that carries them, and freed memory is not all of use
/// at once: measured, up to a quarter of what is in flight.
inline constexpr bytes part_of_copies = 4;

/// What a record takes of the byte budget, from its admission to its report: resident memory, not payload.
[[nodiscard]] constexpr bytes charge(bytes key, bytes value) {
  const auto size = key + value + overhead_of_record;
  return size + size / part_of_copies;
}
[[nodiscard]] constexpr bytes charge(const record& of) {
  return charge(of.key ? of.key->size() : 0, of.value ? of.value->size() : 0);
}

}  // namespace weir::event
