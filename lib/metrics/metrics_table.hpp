#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::metrics {

enum class kind { counter, gauge, histogram };

/// Each figure, named as in /metrics without the prefix `weir_`.
enum class metric {
  changes_total,
  records_total,
  record_errors_total,
  lag_bytes,
  lag_seconds,
  oldest_unconfirmed_seconds,
  slot_retained_bytes,
  slot_info,
  budget_bytes,
  lanes,
  breaker_state,
  ledger_transactions,
  unconfirmed_records,
  tasks,
  reconnects_total,
  delivery_seconds,
  spilled_bytes,
  heartbeat_round_trip_seconds,
  heartbeat_waiting_seconds,
  heartbeats_total,
  snapshot_active,
  snapshot_rows_total,
  snapshot_bytes_total,
  snapshots_total,
  snapshot_open_ranges,
  snapshot_tables,
  snapshot_estimated_rows,
  snapshot_ratio,
  run,
  build_info,
  kafka_queue_messages,
  kafka_queue_bytes,
  kafka_sent_bytes_total,
  kafka_round_trip_seconds,
  kafka_brokers_up,
  http_connections,
  http_requests_total,
  process_cpu_seconds_total,
  process_resident_memory_bytes,
  process_virtual_memory_bytes,
  process_open_fds,
  process_max_fds,
  process_threads,
  process_start_time_seconds,
};

struct description {
  metric id;
  std::string_view name;
  kind type;
  std::vector<std::string_view> labels = {};  ///< in the order in which values are given
  std::string_view help = {};
  std::vector<double> buckets = {};  ///< of a histogram: upper bounds
};

/// All figures in the order of `metric`.
[[nodiscard]] std::span<const description> metrics_table();
[[nodiscard]] const description& describe(metric which);

/// The table of the operator's documentation.
[[nodiscard]] std::string metrics_as_markdown();

}  // namespace weir::metrics
