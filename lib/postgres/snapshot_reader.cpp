#include <postgres/snapshot_parts.hpp>
#include <postgres/snapshot_reader.hpp>

/// What is asked and told from outside, at any time. Its life is in snapshot_opening.cpp and
/// snapshot_reading.cpp.
namespace weir::postgres {

const char* to_string(snapshot_state is) {
  switch (is) {
    case snapshot_state::idle:
      return "idle";
    case snapshot_state::connecting:
      return "connecting";
    case snapshot_state::exporting:
      return "exporting";
    case snapshot_state::locking:
      return "locking";
    case snapshot_state::planning:
      return "planning";
    case snapshot_state::catching_up:
      return "catching up";
    case snapshot_state::reading:
      return "reading";
    case snapshot_state::read:
      return "read";
  }
  return "";
}

snapshot_reader::snapshot_reader(async::executor on, async::task_registry& registry, async::blocking_pool& pool,
                                 snapshot_settings with, replication_stream& stream)
    : parts_(std::make_unique<parts>(std::move(on), registry, pool, std::move(with), stream)) {}

snapshot_reader::~snapshot_reader() { release(); }

void snapshot_reader::release() {
  parts_->stream.release();
  parts_->guard.reset();
}

void snapshot_reader::settle(std::uint64_t range) { parts_->plan->settle(range); }

const event::snapshot_progress& snapshot_reader::progress() const { return parts_->plan.value().progress(); }

const std::vector<found_table>& snapshot_reader::tables() const {
  static const std::vector<found_table> none;
  return parts_->plan ? parts_->plan->found() : none;
}

snapshot_status snapshot_reader::status() const {
  const auto& my = *parts_;
  snapshot_status now;
  now.state = my.state;
  now.waits_for = my.waits_for;
  now.at = my.taken.at;
  now.rows = my.row_count;
  now.bytes = my.byte_count;
  now.tables = tables().size();
  now.tables_read = my.tables_read;
  now.blocks_read = my.blocks_read;
  for (const auto& each : tables()) {
    now.estimated_rows += each.estimate;
    now.blocks += each.blocks;
  }
  return now;
}

}  // namespace weir::postgres
