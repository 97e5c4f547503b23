#pragma once

#include <base/failure.hpp>
#include <event/state_store.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::kafka {

/// Finds one key's position, and its snapshot's record, among the records of the state topic, as they come.
/// Decides only.
///
/// The last record need not be the newest: a dead process may still write one late. So the highest (run, LSN)
/// wins, and of a snapshot the highest (run, serial); a tombstone (an operator's) forgets what stands before
/// it.
class state_reader {
 public:
  explicit state_reader(std::string key);

  /// Throws weir::failure (corrupt) for a value of one of the two keys that is not what belongs there.
  void take(std::optional<std::string_view> key, std::optional<std::string_view> value, std::int64_t offset);

  /// Whether records of both keys were seen, tombstones included: then nothing further back matters.
  [[nodiscard]] bool has_seen_keys() const { return has_seen_key_ && has_seen_snapshot_; }
  [[nodiscard]] bool has_seen_key() const { return has_seen_key_; }
  [[nodiscard]] const std::optional<event::stored_position>& found() const { return best_.position; }
  [[nodiscard]] const event::stored_state& state() const { return best_; }

 private:
  void take_position(std::optional<std::string_view> value, std::int64_t offset);
  void take_snapshot(std::optional<std::string_view> value, std::int64_t offset);

  std::string key_;
  std::string snapshot_key_;
  bool has_seen_key_ = false;
  bool has_seen_snapshot_ = false;
  event::stored_state best_;
};

}  // namespace weir::kafka
