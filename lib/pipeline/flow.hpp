#pragma once

#include <async/byte_budget.hpp>
#include <async/condition.hpp>
#include <base/failure.hpp>
#include <encode/envelope.hpp>
#include <event/intake.hpp>
#include <event/sink.hpp>
#include <pipeline/burial.hpp>
#include <pipeline/counts.hpp>
#include <pipeline/groups.hpp>
#include <pipeline/halt.hpp>
#include <pipeline/in_flight.hpp>
#include <pipeline/ledger.hpp>
#include <pipeline/options.hpp>
#include <pipeline/position_text.hpp>
#include <pipeline/router.hpp>
#include <pipeline/topology.hpp>
#include <pipeline/trace_context.hpp>
#include <pipeline/transaction_marks.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace weir::pipeline {

/// Why a run cannot go on: the supervisor drops the sink's handle and replays as a new run.
struct run_failure {
  verdict decision = verdict::retry;
  std::string reason;  ///< bounded label
  std::string sentence;
};

/// Listeners and targets: changes in, records to lanes, reports back into the ledger. Everything on the loop,
/// nothing waits. Lives as long as the process; a run begins and ends in it, and so do sinks.
class flow final : public event::intake, public event::sink_listener, private refusals {
 public:
  /// Throws weir::failure (permanent) when the spill directory is of no use.
  flow(async::executor on, async::byte_budget& budget, flow_options options);

  /// The database that every record's `source` names; told before the first run.
  void name_database(std::string database);
  /// A new run over `to`, whose stream starts after `from`: all that was committed before is in the sink and
  /// stored, so what the server repeats of it settles without a record. What the last run left must be settled
  /// or dropped.
  void begin_run(std::uint64_t number, std::uint32_t timeline, lsn from, event::sink& to);
  /// The source is gone, or is not read any more: a transaction whose commit has not come will come again as a
  /// whole, and what a reader still brings before it has unwound is not taken.
  void stream_ended();
  /// Forgets everything that is not settled, and the failure: the handle is about to go, a replay brings it
  /// again. To be called while the sink still lives: its channels go here, and it reports to nobody from then
  /// on.
  void drop_run();

  // event::intake
  void begin(const event::transaction& opened) override;
  void admit(const event::change& what) override;
  void commit(lsn end) override;
  void advance(lsn at) override;

  /// Schemas that records of `table` (null: of logical messages) need and that the registry has not been asked
  /// for in this run. Without its answers no record of an Avro target is made: `registered` brings them, before
  /// the first row is admitted. Throws what opening a topic throws.
  [[nodiscard]] std::vector<wanted_schema> missing_schemas(const event::relation* table) {
    return sink_ == nullptr ? std::vector<wanted_schema>{} : router_.missing_schemas(table);
  }
  /// May come again for what was refused.
  void registered(const wanted_schema& asked, schema_answer answer);
  [[nodiscard]] std::vector<wanted_schema> refused_schemas() const { return schemas_.refused(); }

  /// Told of each logical message with event::heartbeat_prefix, which no listener sees.
  void on_heartbeat(std::function<void(std::string_view content)> told) { heartbeat_ = std::move(told); }

  /// Rows of a snapshot come in ranges, several of which may be open at once; each is a ledger entry that holds
  /// no LSN back. `number` comes back from `take_settled_ranges` when every record of the range ended well. A
  /// dropped or a new run forgets what is open: those ranges are to be read again.
  [[nodiscard]] event::entry_token open_range(std::uint64_t number);
  /// A row of an open range, with `change::snapshot`. Throws weir::failure as `admit` does.
  void read(event::entry_token range, const event::change& what);
  void close_range(event::entry_token range);
  [[nodiscard]] std::vector<std::uint64_t> take_settled_ranges();
  /// No range is read any more, so no guilty record is searched in one.
  void rows_are_read();

  // event::sink_listener
  void reported(event::report&& of) override;
  void room() override;
  void reachable(bool is, std::string_view why) override;
  void broken(const failure& why) override;

  /// Several times a second: breakers, idle lanes, what halts, and a forgotten share that only a replay brings
  /// back.
  void tick(steady_time now);

  [[nodiscard]] const std::optional<run_failure>& has_failed() const { return failure_; }
  /// Why reading stands still until an operator has mended something; empty: it does not.
  [[nodiscard]] const std::string& halted_because() const { return halt_.why(); }
  /// The first lane whose topic takes nothing from us now, or that stands still although others move: for
  /// /ready. Empty: none.
  [[nodiscard]] std::string stuck(steady_time now) const;
  /// Everything that is unsettled waits for an operator: no report is to come.
  [[nodiscard]] bool waits_for_operator_only() const;
  /// Notified by every report, failure and change of reachability.
  [[nodiscard]] async::condition& changed() { return changed_; }
  [[nodiscard]] const ledger& book() const { return ledger_; }
  [[nodiscard]] const topology& parts() const { return topology_; }
  [[nodiscard]] const group_queues& groups() const { return groups_; }
  [[nodiscard]] const flow_counts& counts() const { return counts_; }
  [[nodiscard]] std::size_t lane_count() const;
  /// Lanes that went since the sink's handle was made: the library keeps something for each of their topics.
  [[nodiscard]] std::size_t retired_lanes() const { return retired_; }
  /// Records that wait in lanes or are out.
  [[nodiscard]] std::size_t records_in_flight() const { return flying_.records(); }
  [[nodiscard]] bytes bytes_in_flight() const { return flying_.size(); }
  /// The last share that ended well, or the last moment when none was out but for topics that take nothing.
  [[nodiscard]] steady_time last_settled() const { return last_settled_; }
  [[nodiscard]] wall_time last_commit() const { return within_.commit_time; }
  /// When the stream last brought a COMMIT, to a quarter of a second.
  [[nodiscard]] steady_time last_commit_seen() const { return last_commit_seen_; }
  /// Delivery latencies since the last call, for the histogram.
  [[nodiscard]] latencies take_latencies();

 private:
  enum class choice : std::uint8_t { skip, take };

  void require_run() const;
  /// Of the first record of a change.
  [[nodiscard]] event::position position_of(const event::change& what) const;
  /// The sink has it from an earlier run, and the position says so; only the server was not told in time.
  [[nodiscard]] bool is_known(const event::change& what) const {
    if (what.snapshot != nullptr) return false;
    return (what.within == nullptr ? what.at : what.within->final_lsn) < stored_;
  }
  void admit_into(event::entry_token entry, const event::change& what);
  /// Asks every listener of the route; false when nobody takes the change.
  bool choose(route& of, const event::change& what, event::ticket& admitted);
  choice ask(taker& who, const event::change& what, event::ticket& admitted);
  choice undecided(taker& who, const event::change& what, std::string why, event::ticket& admitted);
  void send(encoding& as, const event::change& what, event::ticket& admitted);
  void send_one(way_out& way, const event::change& what, std::span<const encode::encoded> made,
                event::ticket& admitted);
  [[nodiscard]] bool marks_transactions() const { return !options_.transaction_topic.empty(); }
  /// Writes BEGIN or END to the transaction topic, through the first outlet.
  void mark(const encode::transaction_record& what, std::uint64_t seq, event::share part);
  [[nodiscard]] bool is_beat_due() const;
  /// Writes Debezium's heartbeat, through the first outlet.
  void beat(event::entry_token within, lsn at);
  void send_changed_key(way_out& way, const event::change& what, std::span<const encode::encoded> made,
                        event::ticket& admitted);
  bool can_go(way_out& way, const event::change& as, event::refusal& why);
  void put_all(way_out& way, const event::change& what, const event::change& as,
               std::span<const encode::encoded> made, event::ticket& admitted);
  void collect(encoding& as, const event::change& what, event::ticket& admitted);
  /// A row of a snapshot has no transaction: it is a grouped record of its own.
  void send_read_alone(way_out& way, std::string_view json, const event::change& what, event::share part);
  [[nodiscard]] bool is_chosen(const way_out& way) const { return chosen_[way.taker] == choice::take; }

  /// Null, and the refusal, when the change has no topic of that target.
  lane* lane_for(way_out& way, const event::change& what, event::refusal& why);
  /// Key, partition and headers that the target's templates make of the change. False, and the refusal, when
  /// one cannot be made.
  bool render_target_texts(const target_options& of, const event::change& what, event::refusal& why);
  void put(lane& by, const event::position& at, const target_options& to, event::record what,
           event::share part);
  void dress(event::record& what, const event::position& at, const target_options& to);
  void pump_groups();
  void pump_all_groups();
  void send_part(outlet& to, closed_group& of);
  void undecided_group(group_queues::undecided& of);

  fate refused(const std::string& topic, const event::record& what, const event::refusal& why,
               event::share& part) override;
  /// A change that is no record: by the target's policy, with its raw row.
  void cannot_send(const way_out& way, const event::change& what, const event::refusal& why, event::share part);
  void bury_change(outlet& by, const std::string& topic, const event::change& what, const event::refusal& why,
                   event::share part);
  enum class holds : std::uint8_t { record, raw_row };
  void bury(outlet& by, const std::string& topic, const event::record& what, const event::refusal& why,
            event::share part, holds value = holds::record);
  void drop(outlet& by, event::share part);
  /// Rate-limited: a table that has gone bad has millions of them.
  void tell_of(outlet& by, const std::string& topic, const event::refusal& why, std::string_view becomes);
  [[nodiscard]] std::string name_of(const event::change& what) const;

  void delivered(event::report&& of);
  void refused_by_report(target& where, lane* by, bool was_alone, event::report&& of);
  void find_guilty_in(target& where, const lane* by, const event::report& of);
  void denied(target& where, lane* by, bool was_alone, event::report&& of);
  void count_error(target& of, const std::string& code);
  void observe(std::chrono::microseconds latency);
  void fail(std::string reason, std::string sentence, verdict decision = verdict::retry);
  void fail(const failure& why) { fail(why.reason(), why.what(), why.decision()); }
  void retire_idle(steady_time now);
  void go_on_if_mended();

  flow_options options_;
  encode::envelope envelope_;
  encode::avro_records avro_;
  async::condition changed_;
  ledger ledger_;
  in_flight flying_;
  topology topology_;
  schema_book schemas_;
  router router_;
  burial burial_;
  group_queues groups_;
  halt halt_;
  trace_context trace_;
  transaction_marks marks_;
  std::optional<encode::transaction_order> order_;  ///< of the change that is being sent
  std::uint64_t events_of_change_ = 0;
  std::uint64_t last_seq_ = 0;
  std::size_t retired_ = 0;
  std::size_t ranges_to_search_ = 0;  ///< that were open when a batch of their rows was refused
  bool is_over_ = false;              ///< the stream of this run
  std::uint32_t attempts_ = 1;        ///< of the record that is being refused
  event::sink* sink_ = nullptr;
  std::optional<run_failure> failure_;
  flow_counts counts_;
  latencies latencies_;

  std::string run_text_;
  position_text positions_;
  std::vector<event::header> headers_;     ///< of the record that is being put
  std::vector<std::string> header_texts_;  ///< what target headers render to
  std::string key_text_;
  std::string topic_text_;
  std::optional<std::uint32_t> partition_hash_;
  std::vector<std::string> group_texts_;  ///< headers of a grouped record
  std::string read_value_;                ///< of a snapshot's row in the form of a group
  std::vector<choice> chosen_;            ///< by taker of the route
  std::uint64_t change_number_ = 0;
  std::uint32_t timeline_ = 0;
  event::transaction within_;  ///< the open or the last one
  lsn stored_;                 ///< what the run began with
  steady_time now_{};          ///< of the last BEGIN or tick: near enough for what is counted in seconds
  event::entry_token open_entry_ = 0;
  steady_time last_settled_{};
  steady_time last_commit_seen_{};
  steady_time last_beat_{};
  std::function<void(std::string_view)> heartbeat_;
};

}  // namespace weir::pipeline
