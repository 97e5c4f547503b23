#pragma once

#include <event/change.hpp>
#include <postgres/connection.hpp>
#include <postgres/snapshot_plan.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace weir::postgres {

/// A row that was read, with the memory that its values are views into.
struct read_row {
  copied_row memory;
  std::vector<event::value> values;
  std::uint64_t range = 0;  ///< snapshot_range::number
};

/// Rows on their way to the intake, each behind the next one of its table: only so is the last row of a table,
/// and of the snapshot, known as such. Several readers share it. Pure; a row is moved by swapping, so that its
/// memory is used again.
///
/// The order of calls for a row: `begin` its range once, `put` it; what `put` hands back is to be given to the
/// intake as `marker` says, then `given`. Then `end` the range; what that hands back likewise.
class snapshot_rows {
 public:
  /// `collection_of`: for each table of the plan, which stream of consumers it belongs to (partitions of a root
  /// share one).
  explicit snapshot_rows(std::vector<std::size_t> collection_of);

  void begin(const snapshot_range& range);

  /// Takes `row` of `range`. True when `row` holds another one now, which is to be given.
  [[nodiscard]] bool put(const snapshot_range& range, read_row& row);

  /// No more rows of the range. True when `row` holds one now, to be given as `last_of_its_table`.
  [[nodiscard]] bool end(const snapshot_range& range, bool is_last_of_collection, read_row& row);

  /// No more rows at all. True when `row` holds the last one.
  [[nodiscard]] bool finish(read_row& row);

  enum class place : std::uint8_t { any, last_of_its_table, last };
  /// How the row that is given now is marked.
  [[nodiscard]] event::snapshot_marker marker(const read_row& row, place is);

  [[nodiscard]] const snapshot_range& range_of(const read_row& row) const { return open_.at(row.range).range; }
  /// The row was given to the intake. The range that ended with it, if it did.
  [[nodiscard]] std::optional<snapshot_range> given(const read_row& row);
  /// Of a range whose `end` was called: that it ended, when none of its rows is still to be given.
  [[nodiscard]] std::optional<snapshot_range> ended(std::uint64_t range);

 private:
  struct open_range {
    snapshot_range range;
    std::uint64_t to_be_given = 0;
    bool has_ended = false;
  };
  struct collection {
    std::optional<read_row> held;
    bool has_begun = false;
  };

  std::vector<std::size_t> collection_of_;
  std::vector<collection> collections_;
  std::optional<read_row> last_;  ///< of the collection that ended last
  bool has_begun_ = false;
  std::map<std::uint64_t, open_range> open_;
};

}  // namespace weir::postgres
