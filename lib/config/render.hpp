#pragma once

#include <cstddef>
#include <string>

namespace weir::config {

/// `weir settings`: every setting by group, wrapped to `width` columns.
[[nodiscard]] std::string settings_as_text(std::size_t width);
/// `weir settings --json`: an array of objects (name, group, type, default, least, most, unit, choices, file,
/// description).
[[nodiscard]] std::string settings_as_json();
/// `weir settings --markdown`: the tables of the operator's documentation.
[[nodiscard]] std::string settings_as_markdown();

}  // namespace weir::config
