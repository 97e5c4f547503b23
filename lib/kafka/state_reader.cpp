#include <kafka/state_reader.hpp>

#include <event/stored_position.hpp>

#include <fmt/format.h>

#include <tuple>

namespace weir::kafka {

state_reader::state_reader(std::string key) : key_(std::move(key)), snapshot_key_(event::snapshot_key(key_)) {}

void state_reader::take(std::optional<std::string_view> key, std::optional<std::string_view> value,
                        std::int64_t offset) {
  if (key == key_) take_position(value, offset);
  if (key == snapshot_key_) take_snapshot(value, offset);
}

void state_reader::take_position(std::optional<std::string_view> value, std::int64_t offset) {
  has_seen_key_ = true;
  auto& best = best_.position;
  if (!value) {
    best.reset();
    return;
  }
  auto read = event::stored_position_from_json(*value);
  if (!read) {
    throw failure{verdict::corrupt, "state_unreadable",
                  fmt::format("the state topic holds something else than a position for {} at offset {}: {}",
                              key_, offset, value->substr(0, 200))};
  }
  if (!best || std::tie(read->run, read->at) > std::tie(best->run, best->at)) best = std::move(*read);
}

void state_reader::take_snapshot(std::optional<std::string_view> value, std::int64_t offset) {
  has_seen_snapshot_ = true;
  auto& best = best_.snapshot;
  if (!value) {
    best.reset();
    return;
  }
  auto read = event::snapshot_progress_from_json(*value);
  if (!read) {
    throw failure{
        verdict::corrupt, "state_unreadable",
        fmt::format("the state topic holds something else than a snapshot's progress for {} at offset "
                    "{}: {}",
                    snapshot_key_, offset, value->substr(0, 200))};
  }
  if (!best || std::tie(read->run, read->serial) > std::tie(best->run, best->serial)) best = std::move(*read);
}

}  // namespace weir::kafka
