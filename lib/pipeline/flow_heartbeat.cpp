#include <encode/heartbeat.hpp>
#include <pipeline/flow.hpp>

/// The part of flow that tells consumers that the stream lives.
namespace weir::pipeline {

bool flow::is_beat_due() const {
  if (options_.heartbeat_topic.empty() || sink_ == nullptr || failure_) return false;
  return now_ - last_beat_ >= options_.heartbeat_interval;
}

void flow::beat(event::entry_token within, lsn at) {
  last_beat_ = now_;
  auto& by = topology_.outlets().front();
  event::share part{ledger_, within};
  part.tag(by.number);
  const auto made = encode::heartbeat(options_.envelope.name, wall_now());
  event::record record{made.key, made.value, {}};
  record.partition_hash = 0;  // partition 0, as Debezium does, whatever the key says
  static const target_options plain;
  put(by.to->lane_of(options_.heartbeat_topic), {timeline_, at, 0, 0}, plain, record, std::move(part));
}

}  // namespace weir::pipeline
