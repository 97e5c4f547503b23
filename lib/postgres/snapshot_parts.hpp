#pragma once

/// What the rooms of snapshot_reader share; nobody else includes it.

#include <postgres/replication_stream.hpp>
#include <postgres/snapshot_export.hpp>
#include <postgres/snapshot_reader.hpp>
#include <postgres/snapshot_rows.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::postgres {

struct snapshot_reader::parts {
  parts(async::executor loop, async::task_registry& tasks, async::blocking_pool& blocking,
        snapshot_settings settings, replication_stream& beside)
      : on(std::move(loop)), registry(tasks), pool(blocking), with(std::move(settings)), stream(beside) {}

  // Opening (snapshot_opening.cpp). What returns a text says why the attempt is void; empty: it is not.
  async::awaitable<std::string> attempt(async::self me, event::snapshot_progress so_far);
  async::awaitable<exported_snapshot> export_watched(async::self me);
  async::awaitable<> export_into(async::self me, exported_snapshot& made, async::task_scope& own);
  async::awaitable<> watch_export(async::self me);
  async::awaitable<snapshot_point> import(async::self me, exported_snapshot from);
  async::awaitable<std::string> lock(async::self me, std::vector<found_table> tables);
  async::awaitable<std::string> try_lock(async::self me, std::string names, bool& is_blocked);
  void begin_rows();

  // Reading (snapshot_reading.cpp).
  async::awaitable<> read_all(async::self me);
  async::awaitable<> read_ranges(async::self me);
  async::awaitable<std::unique_ptr<connection>> open_session(async::self me);
  async::awaitable<> read_range(async::self me, connection& session, snapshot_range range, read_row& row);
  async::awaitable<std::uint64_t> copy_rows(async::self me, connection& session, snapshot_range range,
                                            read_row& row);
  async::awaitable<> wait_for_room(async::self me, bytes expected);
  async::awaitable<> give_last(async::self me, read_row& row, snapshot_rows::place is);
  async::awaitable<> guard_tables(async::self me);
  void take(const snapshot_range& range, read_row& row);
  void give(const read_row& row, snapshot_rows::place is);
  void tell_end(const std::optional<snapshot_range>& ended);
  void close_range(const snapshot_range& range);

  async::executor on;
  async::task_registry& registry;
  async::blocking_pool& pool;
  snapshot_settings with;
  replication_stream& stream;

  snapshot_state state = snapshot_state::idle;
  std::string waits_for;
  std::unique_ptr<connection> guard;  ///< holds the exported snapshot and the locks
  std::string snapshot_name;          ///< the guard's, for the readers
  std::string lock_list;              ///< the tables, for LOCK TABLE
  event::snapshot_read taken;
  std::uint32_t timeline = 0;
  std::optional<snapshot_plan> plan;
  std::vector<std::size_t> collection_of;  ///< by table: tables that are emitted as one are one
  std::vector<std::size_t> unread;         ///< ranges, by collection
  std::optional<snapshot_rows> rows;

  snapshot_intake* into = nullptr;  ///< while reading
  async::byte_budget* budget = nullptr;
  async::task_scope* reading = nullptr;
  std::size_t readers = 0;
  std::uint64_t row_count = 0;
  std::uint64_t byte_count = 0;
  std::uint64_t blocks_read = 0;
  std::vector<std::uint64_t> rows_of;  ///< by table
  std::size_t tables_read = 0;
};

/// `select ... from` of one range as COPY takes it.
[[nodiscard]] std::string copy_command(const connection& on, const found_table& table,
                                       const snapshot_range& range, std::uint32_t oldest_xid);

/// What the sessions of a snapshot need beyond the pinned settings: nothing ends their transaction but they
/// themselves, and nobody filters rows silently.
[[nodiscard]] std::string snapshot_settings_of(int server_version);

}  // namespace weir::postgres
