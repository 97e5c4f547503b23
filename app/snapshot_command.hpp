#pragma once

#include "exit_code.hpp"

#include <config/settings.hpp>

#include <string>
#include <vector>

namespace weir::app {

/// `weir snapshot TABLE...`: has the Weir that runs with the same settings read tables (again), by its admin
/// endpoint. Clean when the order is stored there, so that it outlives a restart; with `waits`, when every row
/// was delivered. Says what is wrong otherwise.
[[nodiscard]] exit_code snapshot_command(const config::settings& with, const std::vector<std::string>& tables,
                                         bool waits);

}  // namespace weir::app
