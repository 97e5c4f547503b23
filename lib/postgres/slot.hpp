#pragma once

#include <base/lsn.hpp>
#include <postgres/connection.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace weir::postgres {

inline constexpr int first_with_failover_slots = 170000;

/// A row of pg_replication_slots.
struct slot {
  std::string name;
  std::string plugin;    ///< empty for a physical slot
  std::string database;  ///< empty for a physical slot
  bool is_temporary = false;
  bool is_two_phase = false;
  bool is_failover = false;  ///< kept in step on standbys; always false before 17
  bool is_synced = false;    ///< a standby's copy of the primary's slot, which nobody may use there
  bool is_active = false;
  std::int32_t active_pid = 0;
  lsn confirmed_flush;
  lsn restart;
  std::string wal_status;  ///< reserved, extended, unreserved, lost; empty when the server does not say
  std::string invalidation_reason;  ///< from 17 on; on older servers `wal_status` alone tells
};

async::awaitable<std::optional<slot>> read_slot(async::self me, connection& on, std::string name);

/// Makes a permanent logical slot for pgoutput, on a replication session, and returns its consistent point.
/// Waits for the transactions that run now to end, however long that takes, and on a standby for the primary to
/// log which those are: `bound` limits it. `is_failover` (17 and later, no standby): standbys keep it in step.
async::awaitable<lsn> create_slot(async::self me, connection& on, std::string name, bool is_failover,
                                  steady_clock::duration bound);

}  // namespace weir::postgres
