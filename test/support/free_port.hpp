#pragma once

#include <cstdint>

namespace weir::support {

/// A TCP port of 127.0.0.1 that nobody uses now, below the range from which the system hands out ports by
/// itself, and not handed out twice by this process. Another process may still take it, so whoever binds it
/// tries again with another one when it is taken.
std::uint16_t free_port();

}  // namespace weir::support
