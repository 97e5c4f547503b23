#pragma once

#include <cstdint>

namespace weir {

/// Sizes are bytes, always.
using bytes = std::uint64_t;

inline constexpr bytes kibibyte = 1024;
inline constexpr bytes mebibyte = 1024 * kibibyte;

}  // namespace weir
