#include <kafka/state_reader.hpp>

#include <event/stored_position.hpp>

#include <fmt/format.h>

#include <tuple>

namespace weir::kafka {

void state_reader::take(std::optional<std::string_view> key, std::optional<std::string_view> value,
                        std::int64_t offset) {
  if (key != key_) return;
  has_seen_key_ = true;
  if (!value) {
    best_.reset();
    return;
  }
  auto read = event::stored_position_from_json(*value);
  if (!read) {
    throw failure{verdict::corrupt, "state_unreadable",
                  fmt::format("the state topic holds something else than a position for {} at offset {}: {}",
                              key_, offset, value->substr(0, 200))};
  }
  if (!best_ || std::tie(read->run, read->at) > std::tie(best_->run, best_->at)) best_ = std::move(*read);
}

}  // namespace weir::kafka
