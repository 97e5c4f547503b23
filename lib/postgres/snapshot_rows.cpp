#include <postgres/snapshot_rows.hpp>

#include <algorithm>
#include <utility>

namespace weir::postgres {

snapshot_rows::snapshot_rows(std::vector<std::size_t> collection_of)
    : collection_of_(std::move(collection_of)) {
  std::size_t count = 0;
  for (const auto each : collection_of_) count = std::max(count, each + 1);
  collections_.resize(count);
}

void snapshot_rows::begin(const snapshot_range& range) { open_.emplace(range.number, open_range{range}); }

bool snapshot_rows::put(const snapshot_range& range, read_row& row) {
  row.range = range.number;
  ++open_.at(range.number).to_be_given;
  auto& held = collections_[collection_of_[range.table]].held;
  if (held) {
    std::swap(*held, row);
    return true;
  }
  held.emplace(std::move(row));
  row = {};
  return false;
}

bool snapshot_rows::end(const snapshot_range& range, bool is_last_of_collection, read_row& row) {
  open_.at(range.number).has_ended = true;
  auto& held = collections_[collection_of_[range.table]].held;
  if (!is_last_of_collection || !held) return false;
  std::swap(last_, held);
  if (!held) return false;
  row = std::move(*held);
  held.reset();
  return true;
}

bool snapshot_rows::finish(read_row& row) {
  if (!last_) return false;
  row = std::move(*last_);
  last_.reset();
  return true;
}

event::snapshot_marker snapshot_rows::marker(const read_row& row, place is) {
  auto& of = collections_[collection_of_[range_of(row).table]];
  const bool is_first = !std::exchange(has_begun_, true);
  const bool is_first_of_its_table = !std::exchange(of.has_begun, true);
  if (is == place::last) return event::snapshot_marker::last;
  if (is_first) return event::snapshot_marker::first;
  if (is == place::last_of_its_table) return event::snapshot_marker::last_in_data_collection;
  return is_first_of_its_table ? event::snapshot_marker::first_in_data_collection
                               : event::snapshot_marker::in_between;
}

std::optional<snapshot_range> snapshot_rows::given(const read_row& row) {
  --open_.at(row.range).to_be_given;
  return ended(row.range);
}

std::optional<snapshot_range> snapshot_rows::ended(std::uint64_t range) {
  const auto known = open_.find(range);
  if (known == open_.end() || !known->second.has_ended || known->second.to_be_given > 0) return std::nullopt;
  const auto ended = known->second.range;
  open_.erase(known);
  return ended;
}

}  // namespace weir::postgres
