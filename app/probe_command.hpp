#pragma once

#include "exit_code.hpp"

#include <config/settings.hpp>

#include <string>

namespace weir::app {

/// `weir probe [path]`: asks the admin endpoint of a running Weir with the same settings, for health checks in
/// images without curl. Clean when it answers 200; prints the answer's body either way.
[[nodiscard]] exit_code probe_command(const config::settings& with, const std::string& path);

}  // namespace weir::app
