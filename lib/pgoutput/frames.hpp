#pragma once

#include <base/clock.hpp>
#include <base/lsn.hpp>

#include <cstdint>
#include <string_view>
#include <variant>

namespace weir::pgoutput {

/// XLogData, 'w': one message of the output plugin.
struct xlog_data {
  lsn start;       ///< the message's own LSN; zero for some (RELATION, TYPE)
  lsn end;         ///< the server's end of WAL as far as it has read; for logical slots equal to `start`
  wall_time sent;  ///< the server's clock
  std::string_view message;  ///< for the decoder; a view into the frame
};

/// Primary keep-alive, 'k'.
struct keep_alive {
  lsn wal_end;  ///< everything below it that is published has been sent
  wall_time sent;
  bool reply_requested = false;  ///< the server hangs up if no status comes soon
};

using frame = std::variant<xlog_data, keep_alive>;

/// Takes the payload of one CopyData message apart.
/// Throws weir::failure (corrupt, "protocol") when it is of another kind, short, or longer than its kind.
[[nodiscard]] frame parse_frame(std::string_view copy_data);

}  // namespace weir::pgoutput
