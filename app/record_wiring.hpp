#pragma once

#include <config/settings.hpp>
#include <encode/column_choice.hpp>
#include <encode/record_format.hpp>
#include <encode/value_modes.hpp>

#include <memory>
#include <string>

namespace weir::app {

/// From the configuration to how records are written.
[[nodiscard]] encode::record_format format_of(config::format which);
[[nodiscard]] encode::value_modes modes_of(const config::settings& with);
/// Null when the listener shows every column as it is. The salt is read here: a file that changes later counts
/// at the next start, so that one process never writes two hashes of one value.
[[nodiscard]] std::shared_ptr<const encode::column_choice> columns_of(const config::listener& of,
                                                                      const config::secret& salt);

/// As the settings name it, for people: "debezium+schema".
[[nodiscard]] std::string name_of(config::format which);

}  // namespace weir::app
