#pragma once

/// weir::stdio: the sink and the state stores that need no server: JSON lines on standard output, a position in
/// a file, or none at all. For trying things out and for pipes.

#include <event/event.hpp>

namespace weir::stdio {}
