#pragma once

#include "exit_code.hpp"

#include <config/settings.hpp>
#include <pipeline/read_letter.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace weir::app {

/// Which dead letters go back, as the command line says it.
struct replay_wishes {
  pipeline::letter_filter filter;  ///< without times
  std::string since, until;        ///< RFC 3339, or a duration before now like 2h30m; empty: any time
  std::optional<std::uint64_t> limit;
  bool is_dry_run = false;
};

/// `weir replay`: reads the dead-letter topic from its beginning to its end as it is now, sends what is meant
/// to the topics it was for, waits for every report and says what became of how many. A stream may run
/// meanwhile. Failed when anything that was meant did not get through.
[[nodiscard]] exit_code replay_command(const config::settings& with, replay_wishes what);

}  // namespace weir::app
