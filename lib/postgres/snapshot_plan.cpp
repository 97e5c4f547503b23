#include <postgres/snapshot_plan.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace weir::postgres {
namespace {

/// PostgreSQL compares transaction ids modulo 2^32: one that is further away than this would seem to lie in the
/// future. Some room is left for what runs while the attempt does.
constexpr std::uint64_t longest_age = (std::uint64_t{1} << 31U) - (std::uint64_t{1} << 24U);

/// A range of blocks that were read already mostly finds nothing, so it is made of more of them.
constexpr std::uint64_t times_larger_again = 16;

event::block_range all_blocks() { return {0, std::numeric_limits<std::uint64_t>::max()}; }

/// What of `whole` is in `done`.
std::vector<event::block_range> done_of(event::block_range whole, const event::table_progress& table) {
  if (table.is_done) return event::missing_of(whole, {});
  return event::missing_of(whole, event::missing_of(all_blocks(), table.done));
}

std::vector<event::block_range> unread_of(event::block_range whole, const event::table_progress& table) {
  if (table.is_done) return {};
  return event::missing_of(whole, table.done);
}

event::table_progress fresh(const found_table& of) {
  event::table_progress made;
  made.oid = of.oid;
  made.schema = of.schema;
  made.name = of.name;
  made.filenode = of.filenode;
  return made;
}

}  // namespace

snapshot_plan::snapshot_plan(event::snapshot_progress so_far, snapshot_point now,
                             std::vector<found_table> found, bytes size_of_range)
    : progress_(std::move(so_far)), found_(std::move(found)), unread_(found_.size()) {
  const bool is_elsewhere =
      progress_.system_identifier != now.system_identifier || progress_.timeline != now.timeline;
  if (!progress_.oldest_xmin) {
    begin_anew(now);
  } else if (is_elsewhere) {
    remarks_.emplace_back("the snapshot begins anew: what was read of it came from another server or timeline");
    begin_anew(now);
  } else if (now.xmax - *progress_.oldest_xmin > longest_age) {
    remarks_.push_back(
        fmt::format("the snapshot begins anew: {} transactions went by since it began, too many to tell which "
                    "rows are newer",
                    now.xmax - *progress_.oldest_xmin));
    begin_anew(now);
  }
  carry_over(std::exchange(progress_.tables, {}));
  for (std::size_t table = 0; table < found_.size(); ++table) cut(table, size_of_range);
  finish_when_done();
}

void snapshot_plan::begin_anew(const snapshot_point& now) {
  progress_.stage = event::snapshot_stage::reading;
  progress_.system_identifier = now.system_identifier;
  progress_.timeline = now.timeline;
  progress_.at = now.at;
  progress_.oldest_xmin = now.xmin;
  progress_.tables.clear();
}

void snapshot_plan::carry_over(std::vector<event::table_progress> before) {
  for (const auto& each : found_) {
    const auto known =
        std::find_if(before.begin(), before.end(), [&](const auto& one) { return one.oid == each.oid; });
    if (known == before.end()) {
      progress_.tables.push_back(fresh(each));
      continue;
    }
    if (known->filenode != each.filenode) {
      remarks_.push_back(
          fmt::format("{}.{} was rewritten since it was read: it is read again", each.schema, each.name));
      progress_.tables.push_back(fresh(each));
    } else {
      known->schema = each.schema;
      known->name = each.name;
      progress_.tables.push_back(std::move(*known));
    }
    before.erase(known);
  }
  for (const auto& gone : before) {
    if (gone.is_done) continue;
    remarks_.push_back(
        fmt::format("{} is not read any further: it is gone, or not published any more", gone.full_name()));
  }
}

void snapshot_plan::cut(std::size_t table, bytes size_of_range) {
  const auto& found = found_[table];
  const auto& known = progress_.tables[table];
  if (found.blocks == 0) return;
  const auto step = std::max<std::uint64_t>(1, found.blocks * size_of_range / std::max<bytes>(found.size, 1));
  const event::block_range whole{0, found.blocks};
  for (const auto& each : unread_of(whole, known)) cut_blocks(table, each, step, false);
  for (const auto& each : done_of(whole, known)) cut_blocks(table, each, step * times_larger_again, true);
}

void snapshot_plan::cut_blocks(std::size_t table, event::block_range blocks, std::uint64_t step,
                               bool is_again) {
  for (auto begin = blocks.begin; begin < blocks.end; begin += step) {
    const event::block_range part{begin, std::min(begin + step, blocks.end)};
    waiting_.push_back({.number = waiting_.size() + 1, .table = table, .blocks = part, .is_again = is_again});
    ++unread_[table];
    ++open_;
  }
}

std::optional<snapshot_range> snapshot_plan::next() {
  if (waiting_.empty()) return std::nullopt;
  const auto range = waiting_.front();
  waiting_.pop_front();
  unsettled_.emplace(range.number, counted{range, 0});
  return range;
}

void snapshot_plan::read_to_end(const snapshot_range& what, std::uint64_t rows) {
  if (const auto known = unsettled_.find(what.number); known != unsettled_.end()) known->second.rows = rows;
  --unread_.at(what.table);
  --open_;
}

void snapshot_plan::settle(std::uint64_t number) {
  const auto known = unsettled_.find(number);
  if (known == unsettled_.end()) return;
  const auto& [range, rows] = known->second;
  auto& table = progress_.tables[range.table];
  table.rows += rows;
  if (!range.is_again) {
    event::add_range(table.done, range.blocks);
    if (event::missing_of({0, found_[range.table].blocks}, table.done).empty()) {
      table.is_done = true;
      table.done.clear();
    }
  }
  unsettled_.erase(known);
  finish_when_done();
}

void snapshot_plan::finish_when_done() {
  if (!waiting_.empty() || !unsettled_.empty()) return;
  for (auto& each : progress_.tables) {
    each.is_done = true;
    each.done.clear();
  }
  progress_.stage = event::snapshot_stage::done;
}

}  // namespace weir::postgres
