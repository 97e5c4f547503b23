#pragma once

#include "exit_code.hpp"

#include <config/settings.hpp>

namespace weir::app {

/// `weir run`: streams until a signal, or until a failure that an operator must see. Logs why it ends.
[[nodiscard]] exit_code run_command(const config::settings& with);

}  // namespace weir::app
