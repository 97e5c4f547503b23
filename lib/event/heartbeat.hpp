#pragma once

#include <string_view>

namespace weir::event {

/// Logical messages with this prefix are Weir's own sign of life: no listener ever sees one, whoever sent it.
inline constexpr std::string_view heartbeat_prefix = "weir.heartbeat";

}  // namespace weir::event
