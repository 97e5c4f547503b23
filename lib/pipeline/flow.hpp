#pragma once

#include <async/byte_budget.hpp>
#include <async/condition.hpp>
#include <base/failure.hpp>
#include <encode/envelope.hpp>
#include <event/intake.hpp>
#include <event/sink.hpp>
#include <pipeline/breaker.hpp>
#include <pipeline/lane.hpp>
#include <pipeline/ledger.hpp>
#include <pipeline/position_text.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weir::pipeline {

struct flow_options {
  std::string listener = "all";  ///< names of the only listener and target, for metrics and dead letters
  std::string target = "kafka";
  std::string topic;          ///< template with {schema} and {table}
  std::string message_topic;  ///< of logical messages
  std::string dead_letter_topic;
  std::size_t dead_letter_part = 512 * kibibyte;  ///< a dead letter's value above this goes in parts
  encode::envelope_options envelope;
  std::function<bool(std::string_view schema, std::string_view table)> takes;  ///< empty: every table
  steady_clock::duration lane_idle{};
  steady_clock::duration stall_after{};
  std::chrono::milliseconds probe_min{};
  std::chrono::milliseconds probe_max{};
};

/// A count for each operation; iterates as pairs of the operation's letter and its count.
class by_operation {
 public:
  using entry = std::pair<char, std::uint64_t>;

  void add(event::operation which) { ++all_[place_of(which)].second; }
  [[nodiscard]] std::uint64_t of(event::operation which) const { return all_[place_of(which)].second; }
  [[nodiscard]] auto begin() const { return all_.begin(); }
  [[nodiscard]] auto end() const { return all_.end(); }

 private:
  static constexpr std::size_t place_of(event::operation which) {
    switch (which) {
      case event::operation::create:
        return 0;
      case event::operation::update:
        return 1;
      case event::operation::remove:
        return 2;
      case event::operation::truncate:
        return 3;
      case event::operation::message:
        return 4;
      case event::operation::read:
        return 5;
    }
    return 0;
  }

  std::array<entry, 6> all_{{{'c', 0}, {'u', 0}, {'d', 0}, {'t', 0}, {'m', 0}, {'r', 0}}};
};

/// Plain counts for the hot path; metrics copy them when they are scraped.
struct flow_counts {
  by_operation taken;           ///< changes that became records
  by_operation filtered;        ///< changes that nobody wanted
  std::uint64_t delivered = 0;  ///< records
  std::uint64_t dead_lettered = 0;
  std::map<std::string, std::uint64_t, std::less<>> errors;  ///< reports and refusals by the sink's code
};

/// Delivery latencies by the buckets of weir_delivery_seconds, the last one without a bound.
struct latencies {
  std::vector<double> buckets;
  double seconds = 0;
};

/// Why a run cannot go on: the supervisor drops the sink's handle and replays as a new run.
struct run_failure {
  verdict decision = verdict::retry;
  std::string reason;  ///< bounded label
  std::string sentence;
};

/// One listener and one target: changes in, records to lanes, reports back into the ledger. Everything on the
/// loop, nothing waits. Lives as long as the process; a run begins and ends in it, and so do sinks.
class flow final : public event::intake, public event::sink_listener, private refusals {
 public:
  flow(async::executor on, async::byte_budget& budget, flow_options options);

  /// The database that every record's `source` names; told before the first run.
  void name_database(std::string database);
  /// A new run over `to`, whose stream starts after `from`. What the last run left must be settled or dropped.
  void begin_run(std::uint64_t number, std::uint32_t timeline, lsn from, event::sink& to);
  /// Forgets everything that is not settled, and the failure: the handle is about to go, a replay brings it
  /// again. To be called while the sink still lives: its channels go here, and it reports to nobody from then
  /// on.
  void drop_run();

  // event::intake
  void begin(const event::transaction& opened) override;
  void admit(const event::change& what) override;
  void commit(lsn end) override;
  void advance(lsn at) override;

  // event::sink_listener
  void reported(event::report&& of) override;
  void room() override;
  void reachable(bool is, std::string_view why) override;
  void broken(const failure& why) override;

  /// Several times a second: breaker, idle lanes, and a forgotten share that only a replay brings back.
  void tick(steady_time now);

  [[nodiscard]] const std::optional<run_failure>& has_failed() const { return failure_; }
  /// Notified by every report, failure and change of reachability.
  [[nodiscard]] async::condition& changed() { return changed_; }
  [[nodiscard]] const ledger& book() const { return ledger_; }
  [[nodiscard]] const breaker& gate() const { return breaker_; }
  [[nodiscard]] const flow_counts& counts() const { return counts_; }
  using lanes_by_topic = std::map<std::string, lane, std::less<>>;
  [[nodiscard]] const lanes_by_topic& lanes() const { return lanes_; }
  [[nodiscard]] const std::string& target() const { return options_.target; }
  /// Records that wait in lanes or are out.
  [[nodiscard]] std::size_t records_in_flight() const { return records_in_flight_; }
  [[nodiscard]] bytes bytes_in_flight() const { return bytes_in_flight_; }
  /// The last share that ended well, or the last moment when none was out.
  [[nodiscard]] steady_time last_settled() const { return last_settled_; }
  [[nodiscard]] wall_time last_commit() const { return last_commit_; }
  /// Delivery latencies since the last call, for the histogram.
  [[nodiscard]] latencies take_latencies();

 private:
  struct route {
    std::uint64_t version = 0;
    std::optional<encode::table_plan> plan;  ///< none: no listener takes the table
    lane* by = nullptr;
    steady_time last_used;
  };

  const route& route_of(const event::relation& table);
  lane& lane_of(const std::string& topic, event::topic_kind kind);
  lane* lane_named(std::string_view topic);
  void admit_into(event::entry_token entry, const event::change& what);
  void put(lane& by, const event::position& at, const event::record& made, event::share part);
  void cannot_encode(const std::string& topic, const event::position& at, const event::change& what,
                     std::string why, event::share part);
  void refused(const std::string& topic, const event::record& what, const event::refusal& why,
               event::share part) override;
  void bury(const std::string& topic, const event::record& what, const event::refusal& why, event::share part);
  void delivered(event::report&& of);
  void find_guilty_in(const lane* where, const event::report& of);
  void isolate_next_run(const std::string& topic, const event::position& until);
  void charge(bytes size);
  void discharge(bytes size);
  void observe(std::chrono::microseconds latency);
  void fail(std::string reason, std::string sentence, verdict decision = verdict::retry);
  void retire_idle(steady_time now);

  async::byte_budget& budget_;
  flow_options options_;
  encode::envelope envelope_;
  async::condition changed_;
  ledger ledger_;
  breaker breaker_;
  event::sink* sink_ = nullptr;
  lanes_by_topic lanes_;
  lane* last_reported_ = nullptr;                    ///< reports come in batches of one topic
  std::unordered_map<std::uint32_t, route> routes_;  ///< by the relation's OID; made again when they are missed
  std::map<std::string, event::position, std::less<>>
      isolated_;  ///< topics to isolate in the next run, up to where
  std::optional<run_failure> failure_;
  flow_counts counts_;
  latencies latencies_;

  std::string run_text_;
  position_text positions_;
  std::vector<event::header> headers_;  ///< of the record that is being put
  std::uint32_t timeline_ = 0;
  steady_time now_{};  ///< of the last BEGIN or tick: near enough for what is counted in seconds
  event::entry_token open_entry_ = 0;
  wall_time last_commit_{};
  steady_time last_settled_{};
  std::size_t records_in_flight_ = 0;
  bytes bytes_in_flight_ = 0;
};

}  // namespace weir::pipeline
