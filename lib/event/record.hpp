#pragma once

#include <base/size.hpp>

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
};

/// What the library keeps beside key and value for each record in flight (message, headers, report).
inline constexpr bytes overhead_of_record = 512;

/// What a record takes of the byte budget, from its admission to its report.
[[nodiscard]] constexpr bytes charge(bytes key, bytes value) { return key + value + overhead_of_record; }
[[nodiscard]] constexpr bytes charge(const record& of) {
  return charge(of.key ? of.key->size() : 0, of.value ? of.value->size() : 0);
}

}  // namespace weir::event
