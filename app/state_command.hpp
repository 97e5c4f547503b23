#pragma once

#include "exit_code.hpp"

#include <config/settings.hpp>

#include <optional>
#include <string>

namespace weir::app {

/// `weir state`: what the store holds and what the server says, side by side.
[[nodiscard]] exit_code state_command(const config::settings& with);

/// What an operator has to know, so that only what was looked at is accepted.
struct accepted_state {
  std::string slot_lsn;               ///< must be the slot's confirmed_flush_lsn
  std::optional<std::string> system;  ///< must be the server's system identifier; needed when it is a new one
};

/// `weir state accept`: the way out of exit code 4. Prints the range of the log that will be missing in the
/// sink, then stores the slot's position as ours, and only if the slot shows exactly these values.
[[nodiscard]] exit_code accept_state_command(const config::settings& with, const accepted_state& as);

}  // namespace weir::app
