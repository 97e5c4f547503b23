#pragma once

#include <base/lsn.hpp>
#include <postgres/connection.hpp>

#include <memory>
#include <string>
#include <vector>

namespace weir::postgres {

/// A snapshot of the database at an exact position of the log: it holds the transactions whose commit record
/// begins before `at`, and the stream of any slot carries the others. It can be imported until the session's
/// next command or end.
struct exported_snapshot {
  std::unique_ptr<connection> session;
  lsn at;
  std::string name;  ///< for SET TRANSACTION SNAPSHOT
};

/// The command that makes a temporary slot and exports its snapshot, in the words of the server's version.
[[nodiscard]] std::string export_command(const std::string& quoted_slot, int server_version);

/// The name of a temporary slot, unlike any other, that tells whose it is. A slot whose client is gone stays
/// until the server notices, so a name is never used twice.
[[nodiscard]] std::string temporary_slot_name(const std::string& slot);

/// Opens a replication session and exports a snapshot there by a temporary slot, which goes with the session.
/// Waits for the transactions that run now to end; `bound` limits it (retry, "old_transactions"). On a standby
/// it waits for the primary's next record of running transactions.
async::awaitable<exported_snapshot> export_snapshot(async::self me, async::blocking_pool& pool, endpoint server,
                                                    std::string slot, steady_clock::duration bound);

/// The transactions that a new slot waits for, the oldest first, as an operator can find them: "pid 4711 of
/// user app since 12 s (idle in transaction)". On an ordinary session.
async::awaitable<std::vector<std::string>> running_transactions(async::self me, connection& on);

}  // namespace weir::postgres
