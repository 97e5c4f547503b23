#pragma once

#include <event/state_store.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace weir::event {

/// The form in which every store keeps a position:
/// {"system_identifier":"7319...","timeline":1,"lsn":"16/B374D848","run":3}
[[nodiscard]] std::string to_json(const stored_position& what);

/// Nothing when `document` is not that. Fields that it does not know are let pass: a newer Weir may have
/// written them.
[[nodiscard]] std::optional<stored_position> stored_position_from_json(std::string_view document);

/// The key of a snapshot's record beside that of the position.
[[nodiscard]] std::string snapshot_key(std::string_view key);

}  // namespace weir::event
