#include "status.hpp"

#include <base/base.hpp>
#include <pipeline/breaker.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace weir::app {
namespace {

namespace json = boost::json;

double seconds_since(steady_time then, steady_time now) {
  return then == steady_time::max() || then == steady_time{}
             ? 0
             : std::chrono::duration<double>(now - then).count();
}

/// How far the server's log is ahead of `at`; zero while either is unknown.
std::uint64_t behind(lsn server, lsn at) {
  return server.is_set() && at.is_set() && server > at ? server.value() - at.value() : 0;
}

lsn server_end(const pipe& of) { return std::max(of.stream().server_wal, of.slot().seen().server_wal); }

/// What the server has written and its sender has not decoded yet, as far as both were seen.
std::uint64_t unsent_by_server(const pipe& of) {
  return behind(of.slot().seen().server_wal, of.stream().server_wal);
}

/// Age of the newest commit that was received, while something is unsettled; else there is no lag.
double lag_seconds(const pipe& of) {
  if (of.flow().book().is_settled() || of.flow().last_commit() == wall_time{}) return 0;
  return std::max(0.0, std::chrono::duration<double>(wall_now() - of.flow().last_commit()).count());
}

json::object source_of(const pipe& of) {
  const auto stream = of.stream();
  const auto& seen = of.slot().seen();
  return {{"state", postgres::to_string(stream.state)},
          {"server", stream.peer},
          {"database", stream.server.database},
          {"system_identifier", stream.server.system_identifier},
          {"timeline", stream.server.timeline},
          {"received", to_string(stream.received)},
          {"server_wal", to_string(server_end(of))},
          {"waits_for_room", stream.waits_for_room},
          {"received_bytes", stream.bytes_received},
          {"slot", json::object{{"wal_status", seen.wal_status},
                                {"retained_bytes", seen.retained},
                                {"confirmed_flush", to_string(seen.confirmed_flush)}}}};
}

json::object ledger_of(const pipe& of, steady_time now) {
  const auto& book = of.flow().book();
  const auto& stored = of.position().stored();
  return {{"run", of.run_number()},
          {"confirmed", to_string(book.confirmed())},
          {"stored", stored ? to_string(stored->at) : std::string{}},
          {"transactions", book.entries()},
          {"known_changes", of.flow().counts().known},
          {"unconfirmed_records", of.flow().records_in_flight()},
          {"oldest_unconfirmed_seconds", seconds_since(book.oldest(), now)}};
}

json::array lanes_of(const pipeline::target& of) {
  json::array lanes;
  for (const auto& [topic, each] : of.lanes()) {
    lanes.push_back(json::object{{"topic", topic},
                                 {"queued", each.queued()},
                                 {"outstanding", each.outstanding()},
                                 {"isolated", each.is_isolated()},
                                 {"waits_for", each.waits_for()}});
  }
  return lanes;
}

json::object breaker_of(const pipeline::breaker& gate, steady_time now) {
  json::object shown{{"state", to_string(gate.is())},
                     {"why", gate.why()},
                     {"opened", gate.opened_times()},
                     {"last_progress_seconds", seconds_since(gate.last_progress(), now)}};
  if (!gate.lets_through()) {
    shown["next_probe_seconds"] = std::max(0.0, std::chrono::duration<double>(gate.next_probe() - now).count());
  }
  return shown;
}

json::object by_operation_of(const pipeline::by_operation& counts) {
  json::object shown;
  for (const auto& [op, count] : counts) {
    if (count > 0) shown[std::string_view{&op, 1}] = count;
  }
  return shown;
}

json::array listeners_of(const pipe& of, steady_time now) {
  json::array all;
  for (const auto& each : of.flow().parts().listeners()) {
    all.push_back(json::object{{"name", each->options.name},
                               {"taken", by_operation_of(each->taken)},
                               {"filtered", by_operation_of(each->filtered)},
                               {"undecided", by_operation_of(each->undecided)},
                               {"last_taken_seconds", seconds_since(each->last_acted, now)},
                               {"last_filter_error", each->last_filter_error}});
  }
  return all;
}

json::object target_of(const pipe& of, const pipeline::target& which, steady_time now) {
  json::object errors;
  for (const auto& [code, count] : which.errors()) errors[code] = count;
  json::object shown{{"name", which.options().name},
                     {"breaker", breaker_of(which.gate(), now)},
                     {"errors", errors},
                     {"halted", which.halted_because()},
                     {"lanes", lanes_of(which)}};
  std::uint64_t delivered = 0;
  std::uint64_t dead_lettered = 0;
  std::uint64_t dropped = 0;
  for (const auto& each : of.flow().parts().outlets()) {
    if (each.to != &which) continue;
    delivered += each.delivered;
    dead_lettered += each.dead_lettered;
    dropped += each.dropped;
  }
  shown["delivered"] = delivered;
  shown["dead_lettered"] = dead_lettered;
  shown["dropped"] = dropped;
  shown["last_delivery_seconds"] = seconds_since(which.last_delivery(), now);
  return shown;
}

json::array targets_of(const pipe& of, steady_time now) {
  json::array all;
  for (const auto& each : of.flow().parts().targets()) all.push_back(target_of(of, *each, now));
  return all;
}

json::value heartbeat_of(const pipe& of, steady_time now) {
  const auto* seen = of.heartbeat();
  if (seen == nullptr) return nullptr;
  json::value round_trip;
  if (seen->round_trip) round_trip = std::chrono::duration<double>(*seen->round_trip).count();
  return json::object{{"round_trip_seconds", round_trip},
                      {"waiting_seconds", seconds_since(seen->out_since.value_or(steady_time{}), now)},
                      {"is_late", seen->is_late},
                      {"is_missed", seen->is_missed},
                      {"sent", seen->sent},
                      {"returned", seen->returned},
                      {"problem", seen->problem}};
}

json::array texts(const std::vector<std::string>& all) {
  json::array made;
  for (const auto& each : all) made.emplace_back(each);
  return made;
}

json::object snapshot_of(const pipe& of) {
  const auto seen = of.snapshot().view();
  const auto& book = of.snapshot().book();
  const auto& orders = book.orders();
  json::object shown{{"is_active", seen.is_active},
                     {"state", postgres::to_string(seen.now.state)},
                     {"progress", seen.is_active ? of.snapshot().progress() : std::string{}},
                     {"rows", seen.now.rows},
                     {"bytes", seen.now.bytes},
                     {"estimated_rows", seen.now.estimated_rows},
                     {"tables", seen.now.tables},
                     {"tables_read", seen.now.tables_read},
                     {"blocks", seen.now.blocks},
                     {"blocks_read", seen.now.blocks_read},
                     {"open_ranges", seen.open_ranges},
                     {"finished", seen.taken},
                     {"orders", json::object{{"taken", orders.taken},
                                             {"stored", orders.stored},
                                             {"ended", orders.ended},
                                             {"problem", orders.problem},
                                             {"problem_of", orders.problem_of}}}};
  if (seen.now.at.is_set()) shown["lsn"] = to_string(seen.now.at);
  if (const auto& current = book.current()) {
    shown["stage"] = event::to_string(current->stage);
    shown["wanted"] = texts(current->wanted);
  }
  return shown;
}

}  // namespace

std::string status_document(const pipe& of) {
  const auto now = steady_clock::now();
  const auto ready = of.ready(now);
  const json::object all{
      {"version", version},
      {"ready", ready.is_good},
      {"state", ready.reason},
      {"last_failure", of.last_failure()},
      {"source", source_of(of)},
      {"lag", json::object{{"server_bytes", unsent_by_server(of)},
                           {"received_bytes", behind(server_end(of), of.stream().received)},
                           {"confirmed_bytes", behind(server_end(of), of.flow().book().confirmed())},
                           {"seconds", lag_seconds(of)}}},
      {"ledger", ledger_of(of, now)},
      {"halted", of.flow().halted_because()},
      {"heartbeat", heartbeat_of(of, now)},
      {"snapshot", snapshot_of(of)},
      {"listeners", listeners_of(of, now)},
      {"targets", targets_of(of, now)},
      {"dead_letters", target_of(of, of.flow().parts().letters(), now)},
      {"groups", json::object{{"waiting", of.flow().groups().waiting()},
                              {"spilled_bytes", of.flow().groups().spilled()}}},
      {"budget",
       json::object{
           {"limit", of.budget().limit()}, {"used", of.budget().used()}, {"peak", of.budget().peak()}}}};
  return json::serialize(all);
}

published_figures::published_figures(pipe& of, async::task_registry& tasks, metrics::registry& into)
    : of_(of), tasks_(tasks), into_(into), copying_(into.before_render([this] { copy(); })) {
  into_.gauge(metrics::metric::build_info, {version}).set(1);
}

void published_figures::copy() {
  copy_flow();
  copy_source();
  copy_snapshot();
  copy_sink();
  std::map<std::string, double> by_name;
  for (const auto& row : tasks_.rows()) ++by_name[row.name];
  std::vector<std::pair<metrics::label_values, double>> tasks;
  for (const auto& [name, count] : by_name) tasks.push_back({{name}, count});
  into_.replace(metrics::metric::tasks, tasks);
}

void published_figures::copy_flow() {
  using metrics::metric;
  const auto now = steady_clock::now();
  const auto& flow = of_.flow();
  for (const auto& each : flow.parts().listeners()) copy_listener(*each);
  for (const auto& each : flow.parts().outlets()) copy_outlet(each);
  for (const auto& each : flow.parts().targets()) copy_target(*each);
  copy_target(flow.parts().letters());
  into_.gauge(metric::oldest_unconfirmed_seconds).set(seconds_since(flow.book().oldest(), now));
  into_.gauge(metric::ledger_transactions).set(static_cast<double>(flow.book().entries()));
  into_.gauge(metric::unconfirmed_records).set(static_cast<double>(flow.records_in_flight()));
  into_.gauge(metric::lanes).set(static_cast<double>(flow.lane_count()));
  into_.gauge(metric::spilled_bytes).set(static_cast<double>(flow.groups().spilled()));
  into_.gauge(metric::budget_bytes, {"limit"}).set(static_cast<double>(of_.budget().limit()));
  into_.gauge(metric::budget_bytes, {"used"}).set(static_cast<double>(of_.budget().used()));
  into_.gauge(metric::budget_bytes, {"peak"}).set(static_cast<double>(of_.budget().peak()));
  into_.gauge(metric::run).set(static_cast<double>(of_.run_number()));
  const auto waited = of_.flow().take_latencies();
  into_.histogram(metric::delivery_seconds).observe_many(waited.buckets, waited.seconds);
}

void published_figures::copy_listener(const pipeline::listener& of) {
  const auto copy = [&](const pipeline::by_operation& counts, const char* outcome) {
    for (const auto& [op, count] : counts) {
      into_.counter(metrics::metric::changes_total, {of.options.name, std::string(1, op), outcome})
          .set_to(count);
    }
  };
  copy(of.taken, "taken");
  copy(of.filtered, "filtered");
  copy(of.undecided, "undecided");
}

void published_figures::copy_outlet(const pipeline::outlet& of) {
  const auto copy = [&](std::uint64_t count, const char* outcome) {
    into_.counter(metrics::metric::records_total, {of.from->options.name, of.to->options().name, outcome})
        .set_to(count);
  };
  copy(of.delivered, "delivered");
  copy(of.dead_lettered, "dead_lettered");
  copy(of.dropped, "dropped");
}

void published_figures::copy_target(const pipeline::target& of) {
  const auto& name = of.options().name;
  for (const auto& [code, count] : of.errors()) {
    into_.counter(metrics::metric::record_errors_total, {name, code}).set_to(count);
  }
  into_.gauge(metrics::metric::breaker_state, {name}).set(static_cast<double>(of.gate().is()));
}

void published_figures::copy_source() {
  using metrics::metric;
  const auto& seen = of_.slot().seen();
  into_.gauge(metric::lag_bytes, {"server"}).set(static_cast<double>(unsent_by_server(of_)));
  into_.gauge(metric::lag_bytes, {"received"})
      .set(static_cast<double>(behind(server_end(of_), of_.stream().received)));
  into_.gauge(metric::lag_bytes, {"confirmed"})
      .set(static_cast<double>(behind(server_end(of_), of_.flow().book().confirmed())));
  into_.gauge(metric::lag_seconds).set(lag_seconds(of_));
  into_.gauge(metric::slot_retained_bytes).set(static_cast<double>(seen.retained));
  if (const auto* heartbeat = of_.heartbeat()) copy_heartbeat(*heartbeat);
  if (!seen.wal_status.empty()) into_.replace(metric::slot_info, {{{seen.wal_status}, 1}});
  for (const auto& [what, count] : of_.reconnects()) {
    into_.counter(metric::reconnects_total, {what.first, what.second}).set_to(count);
  }
}

void published_figures::copy_heartbeat(const postgres::heartbeat_view& of) {
  using metrics::metric;
  if (of.round_trip) {
    into_.gauge(metric::heartbeat_round_trip_seconds)
        .set(std::chrono::duration<double>(*of.round_trip).count());
  }
  const auto since = of.out_since.value_or(steady_time{});
  into_.gauge(metric::heartbeat_waiting_seconds).set(seconds_since(since, steady_clock::now()));
  into_.counter(metric::heartbeats_total, {"sent"}).set_to(of.sent);
  into_.counter(metric::heartbeats_total, {"returned"}).set_to(of.returned);
  into_.counter(metric::heartbeats_total, {"late"}).set_to(of.late);
  into_.counter(metric::heartbeats_total, {"missed"}).set_to(of.missed);
  into_.counter(metric::heartbeats_total, {"failed"}).set_to(of.failed);
}

void published_figures::copy_snapshot() {
  using metrics::metric;
  const auto seen = of_.snapshot().view();
  into_.gauge(metric::snapshot_active).set(seen.is_active ? 1 : 0);
  into_.counter(metric::snapshot_rows_total).set_to(seen.rows);
  into_.counter(metric::snapshot_bytes_total).set_to(seen.bytes);
  into_.counter(metric::snapshots_total).set_to(seen.taken);
  into_.gauge(metric::snapshot_open_ranges).set(static_cast<double>(seen.open_ranges));
  into_.gauge(metric::snapshot_tables, {"all"}).set(static_cast<double>(seen.now.tables));
  into_.gauge(metric::snapshot_tables, {"read"}).set(static_cast<double>(seen.now.tables_read));
  into_.gauge(metric::snapshot_estimated_rows).set(static_cast<double>(seen.now.estimated_rows));
  into_.gauge(metric::snapshot_ratio)
      .set(seen.now.blocks == 0
               ? 0
               : static_cast<double>(seen.now.blocks_read) / static_cast<double>(seen.now.blocks));
}

void published_figures::copy_sink() {
  using metrics::metric;
  const auto* figures = of_.sink() == nullptr ? nullptr : of_.sink()->figures();
  if (figures == nullptr) return;
  into_.counter(metric::kafka_sent_bytes_total).set_to(of_.sent_bytes());
  into_.gauge(metric::kafka_queue_messages).set(static_cast<double>(figures->queued_records));
  into_.gauge(metric::kafka_queue_bytes).set(static_cast<double>(figures->queued_bytes));
  double up = 0;
  double round_trip = 0;
  for (const auto& each : figures->brokers) {
    if (each.state == "UP") ++up;
    round_trip = std::max(round_trip, static_cast<double>(each.rtt_us) / 1e6);
  }
  into_.gauge(metric::kafka_brokers_up).set(up);
  into_.gauge(metric::kafka_round_trip_seconds).set(round_trip);
}

}  // namespace weir::app
