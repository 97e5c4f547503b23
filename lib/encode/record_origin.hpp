#pragma once

#include <base/clock.hpp>
#include <base/lsn.hpp>
#include <event/change.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::encode {

/// What an envelope's `source` says of a change, for formats that say it in another way.
struct record_origin {
  wall_time at;                      ///< commit or snapshot; `now` for a message outside of a transaction
  std::optional<std::uint32_t> xid;  ///< none outside of a transaction
  lsn position;
  std::string_view snapshot;  ///< `false`, or the row's marker
  std::string_view origin;    ///< empty: none
  lsn origin_lsn;
};

[[nodiscard]] record_origin origin_of(const event::change& what, wall_time now);

}  // namespace weir::encode
