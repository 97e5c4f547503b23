#pragma once

#include <base/clock.hpp>
#include <base/lsn.hpp>

#include <cstdint>
#include <string_view>

namespace weir::event {

/// Where a row stands in its snapshot, as consumers of Debezium's `source.snapshot` know it.
enum class snapshot_marker : std::uint8_t {
  first,                     ///< of all rows
  first_in_data_collection,  ///< of its table
  in_between,
  last_in_data_collection,
  last,  ///< of all rows
};
/// `first`, `first_in_data_collection`, `true`, `last_in_data_collection`, `last`.
[[nodiscard]] std::string_view to_string(snapshot_marker is);

/// What a row that was read, and not streamed, belongs to: one exported snapshot.
struct snapshot_read {
  lsn at;                 ///< the snapshot holds exactly what was committed before it
  wall_time taken;        ///< when the snapshot was made, by the server's clock
  std::uint32_t xid = 0;  ///< the snapshot's xmax: newer transactions are not in it
  snapshot_marker marker = snapshot_marker::in_between;
  std::uint64_t number = 0;  ///< 1, 2, ... over the rows that were read at `at`: position::part
};

}  // namespace weir::event
