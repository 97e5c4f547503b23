#include <metrics/metrics_table.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

namespace weir::metrics {
namespace {

/// Seconds from half a millisecond, a local broker, to a minute, when /ready has long been red.
const std::vector<double> delivery_buckets{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1,
                                           0.2,    0.5,   1,     2,     5,    10,   30,   60};

std::vector<description> figures_of_the_way() {
  using enum kind;
  return {
      {.id = metric::changes_total,
       .name = "weir_changes_total",
       .type = counter,
       .labels = {"listener", "operation", "outcome"},
       .help =
           "Changes that a listener saw, by what it did with them (taken, filtered; undecided: its filter gave "
           "no answer, and filter_error decided)."},
      {.id = metric::records_total,
       .name = "weir_records_total",
       .type = counter,
       .labels = {"listener", "target", "outcome"},
       .help = "Records by outcome (delivered, dead_lettered, dropped)."},
      {.id = metric::record_errors_total,
       .name = "weir_record_errors_total",
       .type = counter,
       .labels = {"target", "code"},
       .help = "Failed delivery reports and refusals by error code."},
      {.id = metric::lag_bytes,
       .name = "weir_lag_bytes",
       .type = gauge,
       .labels = {"stage"},
       .help = "WAL between the end of the server's log and what it has sent (server), what is received, and "
               "what is "
               "confirmed."},
      {.id = metric::lag_seconds,
       .name = "weir_lag_seconds",
       .type = gauge,
       .help = "Age of the newest confirmed commit; 0 when nothing is open."},
      {.id = metric::oldest_unconfirmed_seconds,
       .name = "weir_oldest_unconfirmed_seconds",
       .type = gauge,
       .help = "How long the oldest record waits for its delivery report."},
      {.id = metric::slot_retained_bytes,
       .name = "weir_slot_retained_bytes",
       .type = gauge,
       .help = "WAL that the server keeps for the slot."},
      {.id = metric::slot_info,
       .name = "weir_slot_info",
       .type = gauge,
       .labels = {"wal_status"},
       .help = "1 for the slot's wal_status (reserved, extended, unreserved, lost)."},
      {.id = metric::budget_bytes,
       .name = "weir_budget_bytes",
       .type = gauge,
       .labels = {"state"},
       .help = "The byte budget: limit, used and the highest use so far (peak)."},
      {.id = metric::lanes,
       .name = "weir_lanes",
       .type = gauge,
       .help = "Live lanes: one for each target and topic in use."},
      {.id = metric::breaker_state,
       .name = "weir_breaker_state",
       .type = gauge,
       .labels = {"target"},
       .help = "0 closed, 1 open, 2 half open (probing)."},
      {.id = metric::ledger_transactions,
       .name = "weir_ledger_transactions",
       .type = gauge,
       .help = "Entries of the ledger that are not confirmed."},
      {.id = metric::unconfirmed_records,
       .name = "weir_unconfirmed_records",
       .type = gauge,
       .help = "Records without a delivery report."},
      {.id = metric::tasks,
       .name = "weir_tasks",
       .type = gauge,
       .labels = {"name"},
       .help = "Live tasks by name."},
      {.id = metric::reconnects_total,
       .name = "weir_reconnects_total",
       .type = counter,
       .labels = {"peer", "reason"},
       .help = "New sessions after a failure."},
      {.id = metric::delivery_seconds,
       .name = "weir_delivery_seconds",
       .type = histogram,
       .help = "From a record's admission to its delivery report.",
       .buckets = delivery_buckets},
      {.id = metric::spilled_bytes,
       .name = "weir_spilled_bytes",
       .type = gauge,
       .help = "Grouped transactions that wait in the spill directory."},
      {.id = metric::heartbeat_round_trip_seconds,
       .name = "weir_heartbeat_round_trip_seconds",
       .type = gauge,
       .help = "From writing the last heartbeat that came back to its arrival through the stream."},
      {.id = metric::heartbeat_waiting_seconds,
       .name = "weir_heartbeat_waiting_seconds",
       .type = gauge,
       .help = "How long the heartbeat that is out waits for its arrival; 0 when none is out."},
      {.id = metric::heartbeats_total,
       .name = "weir_heartbeats_total",
       .type = counter,
       .labels = {"outcome"},
       .help = "Heartbeats (sent, returned; late: out for longer than WEIR_STALL_AFTER; missed: the stream "
               "passed their place without them; failed: could not be written)."},
      {.id = metric::snapshot_active,
       .name = "weir_snapshot_active",
       .type = gauge,
       .help = "1 while a snapshot is planned or under way."},
      {.id = metric::snapshot_rows_total,
       .name = "weir_snapshot_rows_total",
       .type = counter,
       .help = "Rows that were read for snapshots, those read again after an interruption included."},
      {.id = metric::snapshot_bytes_total,
       .name = "weir_snapshot_bytes_total",
       .type = counter,
       .help = "PostgreSQL's text of these rows."},
      {.id = metric::snapshots_total,
       .name = "weir_snapshots_total",
       .type = counter,
       .help = "Snapshots that this process finished."},
      {.id = metric::snapshot_open_ranges,
       .name = "weir_snapshot_open_ranges",
       .type = gauge,
       .help = "Ranges of tables that are being read, or whose records wait for their reports."},
      {.id = metric::snapshot_tables,
       .name = "weir_snapshot_tables",
       .type = gauge,
       .labels = {"state"},
       .help = "Tables of the snapshot that is under way (all, read)."},
      {.id = metric::snapshot_estimated_rows,
       .name = "weir_snapshot_estimated_rows",
       .type = gauge,
       .help = "Rows that the server's statistics guess for the snapshot that is under way."},
      {.id = metric::snapshot_ratio,
       .name = "weir_snapshot_ratio",
       .type = gauge,
       .help = "How much of the snapshot's tables is read: 0 to 1, by blocks."},
      {.id = metric::run,
       .name = "weir_run",
       .type = gauge,
       .help = "The run: raised by one with every start and replay."},
      {.id = metric::build_info,
       .name = "weir_build_info",
       .type = gauge,
       .labels = {"version"},
       .help = "1 for the version that runs."},
  };
}

std::vector<description> figures_of_librdkafka() {
  using enum kind;
  return {
      {.id = metric::kafka_queue_messages,
       .name = "weir_kafka_queue_messages",
       .type = gauge,
       .help = "Messages in librdkafka's queues."},
      {.id = metric::kafka_queue_bytes,
       .name = "weir_kafka_queue_bytes",
       .type = gauge,
       .help = "Bytes in librdkafka's queues."},
      {.id = metric::kafka_sent_bytes_total,
       .name = "weir_kafka_sent_bytes_total",
       .type = counter,
       .help = "Bytes that librdkafka sent to brokers, repetitions included."},
      {.id = metric::kafka_round_trip_seconds,
       .name = "weir_kafka_round_trip_seconds",
       .type = gauge,
       .help = "Mean time of a request to its answer in the last interval, of the slowest broker."},
      {.id = metric::kafka_brokers_up,
       .name = "weir_kafka_brokers_up",
       .type = gauge,
       .help = "Brokers connected to."},
  };
}

std::vector<description> figures_of_the_process() {
  using enum kind;
  return {
      {.id = metric::http_connections,
       .name = "weir_http_connections",
       .type = gauge,
       .help = "Open connections to the admin endpoint."},
      {.id = metric::http_requests_total,
       .name = "weir_http_requests_total",
       .type = counter,
       .labels = {"status"},
       .help = "Answers of the admin endpoint by status code."},
      {.id = metric::process_cpu_seconds_total,
       .name = "process_cpu_seconds_total",
       .type = counter,
       .help = "Processor time, user and system."},
      {.id = metric::process_resident_memory_bytes,
       .name = "process_resident_memory_bytes",
       .type = gauge,
       .help = "Resident memory."},
      {.id = metric::process_virtual_memory_bytes,
       .name = "process_virtual_memory_bytes",
       .type = gauge,
       .help = "Virtual memory."},
      {.id = metric::process_open_fds, .name = "process_open_fds", .type = gauge, .help = "Open descriptors."},
      {.id = metric::process_max_fds,
       .name = "process_max_fds",
       .type = gauge,
       .help = "Descriptors that may be open."},
      {.id = metric::process_threads,
       .name = "process_threads",
       .type = gauge,
       .help = "Threads; all but the loop and two for blocking calls are librdkafka's."},
      {.id = metric::process_start_time_seconds,
       .name = "process_start_time_seconds",
       .type = gauge,
       .help = "Start of the process, seconds since 1970-01-01 UTC."},
  };
}

std::vector<description> whole_table() {
  std::vector<description> all;
  for (const auto& part : {figures_of_the_way(), figures_of_librdkafka(), figures_of_the_process()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (static_cast<std::size_t>(all[at].id) != at)
      throw std::logic_error{"the table's order is not that of metric"};
  }
  return all;
}

std::string_view word_of(kind type) {
  switch (type) {
    case kind::counter:
      return "counter";
    case kind::gauge:
      return "gauge";
    case kind::histogram:
      return "histogram";
  }
  return {};
}

}  // namespace

std::span<const description> metrics_table() {
  static const auto table = whole_table();
  return table;
}

const description& describe(metric which) { return metrics_table()[static_cast<std::size_t>(which)]; }

std::string metrics_as_markdown() {
  std::string out{"| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n"};
  for (const auto& each : metrics_table()) {
    const auto labels =
        each.labels.empty() ? std::string{} : fmt::format("`{}`", fmt::join(each.labels, "`, `"));
    out += fmt::format("| `{}` | {} | {} | {} |\n", each.name, word_of(each.type), labels, each.help);
  }
  return out;
}

}  // namespace weir::metrics
