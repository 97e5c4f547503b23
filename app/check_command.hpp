#pragma once

#include "exit_code.hpp"

#include <config/settings.hpp>

namespace weir::app {

/// `weir check`: connects to everything, moves no byte, and prints every finding. Clean, or `failed` when
/// something would keep `weir run` from streaming.
[[nodiscard]] exit_code check_command(const config::settings& with);

}  // namespace weir::app
