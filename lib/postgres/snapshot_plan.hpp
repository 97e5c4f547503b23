#pragma once

#include <base/size.hpp>
#include <event/relation.hpp>
#include <event/snapshot_progress.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir::postgres {

/// A table as the newest exported snapshot and its lock show it; one that holds rows itself, so a partition and
/// never its root.
struct found_table {
  std::uint32_t oid = 0;
  std::string schema;
  std::string name;
  std::uint32_t filenode = 0;
  std::uint64_t blocks = 0;
  bytes size = 0;              ///< with what is out of line (TOAST), so that a range is never too large
  std::uint64_t estimate = 0;  ///< rows
  std::string row_filter;      ///< PostgreSQL's text of an expression; empty: every row
  std::shared_ptr<const event::relation> emitted_as;  ///< itself, or the root that it is a partition of
};

/// The exported snapshot that an attempt reads.
struct snapshot_point {
  std::string system_identifier;
  std::uint32_t timeline = 0;
  lsn at;
  std::uint64_t xmin = 0;  ///< with its epoch: every older transaction had ended
  std::uint64_t xmax = 0;  ///< with its epoch: it and every newer one are not in the snapshot
};

/// A piece of work: blocks of one table.
struct snapshot_range {
  std::uint64_t number = 0;  ///< 1, 2, ...; unique within an attempt
  std::size_t table = 0;     ///< index into `snapshot_plan::found()`
  event::block_range blocks;
  /// These blocks were read by an earlier attempt: only what changed since its snapshot is read.
  bool is_again = false;
};

/// What is to be read and what is done, of one attempt. Pure.
///
/// An attempt reads with a snapshot of its own. What an earlier one did not finish is read whole; of what it
/// did finish, every row version whose transaction had not ended when the *first* snapshot was taken. So a row
/// that moved from a block still to be read to one that was read already is not missed, whatever the stream
/// said of it (an UPDATE says nothing of an unchanged TOAST column). Row versions that match without need only
/// repeat what consumers have.
///
/// A table whose file is another one is read again from its beginning: a rewrite moves rows and leaves no trace
/// in the stream. So is everything once the transaction ids could have gone half around since the first
/// snapshot: PostgreSQL then cannot tell old from new any more.
class snapshot_plan {
 public:
  /// `found` in the order in which it is to be read.
  snapshot_plan(event::snapshot_progress so_far, snapshot_point now, std::vector<found_table> found,
                bytes size_of_range);

  [[nodiscard]] const std::vector<found_table>& found() const { return found_; }
  [[nodiscard]] const event::snapshot_progress& progress() const { return progress_; }
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }  ///< for the log

  /// The next range; none when all were given out.
  [[nodiscard]] std::optional<snapshot_range> next();
  /// Ranges of the table that are not `read_to_end` yet, those still to be given out included.
  [[nodiscard]] std::size_t unread(std::size_t table) const { return unread_.at(table); }
  /// Every row of the range was given to the intake.
  void read_to_end(const snapshot_range& what, std::uint64_t rows);
  [[nodiscard]] bool is_read() const { return open_ == 0; }

  /// Every record of the range ended well: only now it is done.
  void settle(std::uint64_t number);
  /// Everything is done, and the progress says so.
  [[nodiscard]] bool is_finished() const { return progress_.stage == event::snapshot_stage::done; }

  /// The oldest xmin as `age(xmin) <= age('...'::xid)` takes it.
  [[nodiscard]] std::uint32_t oldest_xid() const { return static_cast<std::uint32_t>(*progress_.oldest_xmin); }

 private:
  struct counted {
    snapshot_range range;
    std::uint64_t rows = 0;
  };
  void begin_anew(const snapshot_point& now);
  void carry_over(std::vector<event::table_progress> before);
  void cut(std::size_t table, bytes size_of_range);
  void cut_blocks(std::size_t table, event::block_range blocks, std::uint64_t step, bool is_again);
  void finish_when_done();

  event::snapshot_progress progress_;  ///< its tables are those of `found_`, in the same order
  std::vector<found_table> found_;
  std::vector<std::string> remarks_;
  std::deque<snapshot_range> waiting_;
  std::vector<std::size_t> unread_;  ///< by table
  std::size_t open_ = 0;             ///< not read to the end
  std::map<std::uint64_t, counted> unsettled_;
};

}  // namespace weir::postgres
