#pragma once

#include <async/condition.hpp>
#include <event/intake.hpp>
#include <postgres/snapshot_reader.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace weir::postgres {

/// What a consumer has that applies every record in order: one row for each key. Takes a stream and the
/// snapshots beside it.
class mirror final : public event::intake, public snapshot_intake {
 public:
  explicit mirror(async::executor on) : changed_(std::move(on)) {}

  void begin(const event::transaction&) override {}
  void admit(const event::change& what) override;
  void commit(lsn end) override;
  void advance(lsn at) override;

  void range_begins(const snapshot_range& what) override;
  void admit(const snapshot_range& of, const event::change& what) override;
  void range_ends(const snapshot_range& what) override;

  /// Waits until `holds` is true of what was said so far.
  async::awaitable<> until(std::function<bool()> holds);

  /// The rows of a table as lines, `1 | one`, in the order of the lines; NULL is `-`, a value that never came
  /// is `?`.
  [[nodiscard]] std::vector<std::string> rows(const std::string& table) const;
  [[nodiscard]] bool has(const std::string& table, const std::string& key) const;

  /// Another attempt begins. What was applied stays.
  void forget_reads();

  /// For each row that was read: table, key, marker.
  std::vector<std::string> read;
  /// How often a row was read since the last `forget_reads`, by "table key".
  std::map<std::string, int> times_read;
  /// Called at the end of each range.
  std::function<void(const snapshot_range&)> on_range;
  lsn newest_change;  ///< of the stream: where its transaction commits
  lsn end;            ///< the newest position that the stream has passed

 private:
  using cells = std::vector<std::string>;
  void apply(const event::change& what);

  async::condition changed_;
  std::map<std::string, std::map<std::string, cells>> tables_;
  std::map<std::uint64_t, std::uint64_t> open_;  ///< rows of the ranges that began and did not end
};

}  // namespace weir::postgres
