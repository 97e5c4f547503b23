#pragma once

#include <config/settings_table.hpp>

#include <string_view>

namespace weir::config {

struct reading {
  parsed value;
  fault wrong;
};

/// Reads a value by its setting's type and checks its range. Secrets are made by the loader: only it knows
/// files.
[[nodiscard]] reading parse(const setting& which, std::string_view text);

}  // namespace weir::config
