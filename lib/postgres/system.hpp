#pragma once

#include <base/lsn.hpp>
#include <postgres/connection.hpp>
#include <postgres/timeline_history.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace weir::postgres {

inline constexpr int oldest_server = 140000;   ///< logical messages in pgoutput begin here
inline constexpr int oldest_standby = 160000;  ///< standbys decode from here on

/// Who the server is: IDENTIFY_SYSTEM and what Weir needs to know beside it.
struct identity {
  std::string system_identifier;
  std::uint32_t timeline = 0;
  std::string database;
  std::string user;
  int version = 0;  ///< as PQserverVersion
  bool is_standby = false;
};

/// On a replication session.
async::awaitable<identity> identify(async::self me, connection& on);
/// On a replication session. Timeline 1 has no history and no file.
async::awaitable<timeline_history> read_history(async::self me, connection& on, std::uint32_t timeline);
/// On the replication session itself, whose settings may differ from an ordinary one's. Zero: off.
async::awaitable<std::chrono::milliseconds> read_sender_timeout(async::self me, connection& on);
/// Where the server's log ends for a logical reader: flushed on a primary, replayed on a standby.
async::awaitable<lsn> read_wal_position(async::self me, connection& on);
async::awaitable<bool> is_in_recovery(async::self me, connection& on);
async::awaitable<std::string> read_setting(async::self me, connection& on, std::string name);

/// "15.18", "18.1".
[[nodiscard]] std::string version_text(int version);

}  // namespace weir::postgres
