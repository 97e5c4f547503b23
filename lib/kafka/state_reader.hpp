#pragma once

#include <base/failure.hpp>
#include <event/state_store.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::kafka {

/// Finds one key's position among the records of the state topic, as they come. Decides only.
///
/// The last record need not be the newest: a dead process may still write one late. So the highest (run, LSN)
/// wins; a tombstone (an operator's) forgets what stands before it.
class state_reader {
 public:
  explicit state_reader(std::string key) : key_(std::move(key)) {}

  /// Throws weir::failure (corrupt) for a value of this key that is not a position.
  void take(std::optional<std::string_view> key, std::optional<std::string_view> value, std::int64_t offset);

  /// Whether a record of this key was seen, a tombstone included: then nothing further back matters.
  [[nodiscard]] bool has_seen_key() const { return has_seen_key_; }
  [[nodiscard]] const std::optional<event::stored_position>& found() const { return best_; }

 private:
  std::string key_;
  bool has_seen_key_ = false;
  std::optional<event::stored_position> best_;
};

}  // namespace weir::kafka
