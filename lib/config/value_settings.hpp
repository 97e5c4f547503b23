#pragma once

#include <config/settings_table.hpp>

#include <vector>

namespace weir::config {

/// The rows of the table that say how values are written.
[[nodiscard]] std::vector<setting> value_settings();
/// Those of the snapshot and of what keeps the slot moving.
[[nodiscard]] std::vector<setting> snapshot_settings();

}  // namespace weir::config
