#pragma once

#include <async/async.hpp>
#include <async/blocking_pool.hpp>
#include <async/byte_budget.hpp>
#include <async/task_scope.hpp>
#include <base/size.hpp>
#include <event/change.hpp>
#include <event/snapshot_progress.hpp>
#include <postgres/connection.hpp>
#include <postgres/snapshot_plan.hpp>
#include <postgres/table_patterns.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace weir::postgres {

class replication_stream;

struct snapshot_settings {
  endpoint server = {};
  std::string slot = {};         ///< the stream's; the temporary one is named after it
  std::string publication = {};  ///< what is published of a table is what is read of it
  table_patterns tables = {};    ///< what the stream takes; tables are read in the order of the patterns
  unsigned connections = 2;      ///< that read at the same time
  bytes max_row = 256 * mebibyte;
  bytes size_of_range = 8 * mebibyte;  ///< of the table's file, out-of-line values included
};

/// Takes the rows of a snapshot. Synchronous, as event::intake is: the reader asks the byte budget before each
/// row. Several ranges are open at once, and their rows come interleaved. Throws weir::failure to end the
/// attempt.
class snapshot_intake {
 public:
  virtual ~snapshot_intake() = default;
  virtual void range_begins(const snapshot_range& what) = 0;
  /// op `read`, with `table`, `after`, `at`, `timeline` and `snapshot`; `within` is null.
  virtual void admit(const snapshot_range& of, const event::change& what) = 0;
  /// All rows of the range were admitted. Once every record of them ended well: `snapshot_reader::settle`.
  virtual void range_ends(const snapshot_range& what) = 0;
};

enum class snapshot_state : std::uint8_t {
  idle,
  connecting,
  exporting,  ///< the server makes a consistent point: it waits for the transactions that run now
  locking,
  planning,
  catching_up,  ///< the stream runs until the point of the snapshot
  reading,
  read,  ///< every row was admitted; some are not reported yet
};
[[nodiscard]] const char* to_string(snapshot_state is);

/// For /status, metrics and the log.
struct snapshot_status {
  snapshot_state state = snapshot_state::idle;
  std::string waits_for;  ///< in words, with names and numbers; empty: nothing special
  lsn at;
  std::uint64_t rows = 0;  ///< admitted by this attempt
  std::uint64_t bytes = 0;
  std::uint64_t estimated_rows = 0;  ///< of all tables, as the server guesses
  std::size_t tables = 0;
  std::size_t tables_read = 0;
  std::uint64_t blocks = 0;       ///< of all tables
  std::uint64_t blocks_read = 0;  ///< those of earlier attempts included
};

/// One attempt at a snapshot beside one life of the stream: an exported snapshot with its exact LSN, the tables
/// locked as that snapshot knows them, the stream held at that LSN, and every row read that is not done yet.
/// So per key consumers see: changes before the snapshot, the row as it was read, changes after it.
///
/// Order of calls: open -> read -> (settle for each range) -> release. One object for one attempt; it must end
/// before the stream does. Each coroutine throws weir::failure: `retry` means that this attempt is void and
/// another one, with a new point, goes on from `progress()`.
///
/// The exported snapshot belongs to a session that holds its transaction open, without any time-out, and all
/// readers share it. When that session is lost nobody guards the tables any more: the attempt ends.
class snapshot_reader {
 public:
  snapshot_reader(async::executor on, async::task_registry& registry, async::blocking_pool& pool,
                  snapshot_settings with, replication_stream& stream);
  /// Releases the stream.
  ~snapshot_reader();
  snapshot_reader(const snapshot_reader&) = delete;
  snapshot_reader& operator=(const snapshot_reader&) = delete;

  /// Holds the stream, exports a snapshot, locks and plans, and lets the stream run until the snapshot's point.
  /// The stream has to run meanwhile. Returns when it is held there; `progress()` then knows the tables. Which
  /// ones are read: those of the publication that `tables` takes, and of them those that `so_far.wanted` names.
  async::awaitable<> open(async::self me, event::snapshot_progress so_far);

  /// Gives every row that is not done to `into`, within `budget`; returns when all were admitted, and only if
  /// the tables were guarded until then.
  async::awaitable<> read(async::self me, snapshot_intake& into, async::byte_budget& budget);

  /// Every record of the range ended well; `progress()` is then worth storing.
  void settle(std::uint64_t range);
  [[nodiscard]] const event::snapshot_progress& progress() const;
  /// The tables of this attempt, for snapshot_range::table; empty before `open`.
  [[nodiscard]] const std::vector<found_table>& tables() const;

  /// The stream goes on. Right as soon as `read` has returned: records of one key stay in order behind the
  /// intake. Idempotent.
  void release();

  [[nodiscard]] snapshot_status status() const;

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace weir::postgres
