#include <pipeline/flow.hpp>

#include <base/log.hpp>
#include <metrics/metrics_table.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

namespace weir::pipeline {
namespace {

/// Whom a sink reports to once its run is dropped. A report's share dies unsettled.
class nobody final : public event::sink_listener {
 public:
  void reported(event::report&& /*of*/) override {}
  void room() override {}
  void reachable(bool /*is*/, std::string_view /*why*/) override {}
  void broken(const failure& /*why*/) override {}
};

nobody& nobody_listens() {
  static nobody one;
  return one;
}

latencies empty_latencies() {
  return {std::vector<double>(metrics::describe(metrics::metric::delivery_seconds).buckets.size() + 1), 0};
}

target::times times_of(const flow_options& with) {
  return {with.lane_idle, with.stall_after, with.probe_min, with.probe_max};
}

}  // namespace

flow::flow(async::executor on, async::byte_budget& budget, flow_options options)
    : options_(std::move(options)),
      envelope_(options_.envelope),
      changed_(std::move(on)),
      flying_(budget),
      topology_(options_, times_of(options_), *this),
      router_(topology_, schemas_, options_.envelope.name, options_.values),
      burial_(topology_.letters(), flying_, options_.dead_letter_topic, options_.dead_letter_part),
      groups_(budget, options_.groups, topology_),
      halt_(budget, options_.probe_min, options_.probe_max),
      latencies_(empty_latencies()) {}

void flow::name_database(std::string database) {
  if (database == options_.envelope.database) return;
  options_.envelope.database = std::move(database);
  envelope_ = encode::envelope{options_.envelope};
}

void flow::begin_run(std::uint64_t number, std::uint32_t timeline, lsn from, event::sink& to) {
  run_text_ = std::to_string(number);
  timeline_ = timeline;
  failure_.reset();
  ledger_.restart(from);
  stored_ = from;
  is_over_ = false;
  schemas_.clear();
  now_ = steady_clock::now();
  last_settled_ = now_;
  const bool is_new_handle = sink_ != &to;
  if (is_new_handle) retired_ = 0;
  sink_ = &to;
  sink_->listen(*this);
  topology_.each_target([&](target& each) { each.begin_run(to, is_new_handle, now_); });
}

void flow::registered(const wanted_schema& asked, schema_answer answer) {
  const auto* before = schemas_.find(asked);
  const bool was_refused = before != nullptr && std::holds_alternative<std::string>(*before);
  schemas_.enter(asked, std::move(answer));
  if (was_refused) router_.clear();  // what it refused is worked out anew
}

void flow::stream_ended() {
  is_over_ = true;
  groups_.forget_open();
}

void flow::drop_run() {
  failure_.reset();
  if (sink_ != nullptr) sink_->listen(nobody_listens());
  sink_ = nullptr;
  router_.clear();
  halt_.end();
  groups_.clear();
  topology_.each_target([](target& each) { each.drop_run(); });
  ledger_.restart(ledger_.confirmed());
  flying_.clear();
}

void flow::begin(const event::transaction& opened) {
  if (is_over_) return;
  now_ = steady_clock::now();
  open_entry_ = ledger_.open(now_, {opened.xid, opened.commit_time});
  within_ = opened;
  within_.origin = {};  // a view that ends with the call
  trace_.begin();
  if (marks_transactions()) marks_.begin(within_);
}

void flow::commit(lsn end) {
  if (is_over_) return;
  for (auto& each : groups_.commit(within_)) undecided_group(each);
  if (marks_transactions() && marks_.has_begun() && !failure_) {
    event::share part{ledger_, open_entry_};
    mark(marks_.end_record(), last_seq_ + 1, std::move(part));
  }
  trace_.begin();
  envelope_.committed(end);
  last_commit_seen_ = now_;
  if (is_beat_due()) beat(open_entry_, end);
  ledger_.commit(end);
  pump_groups();
  changed_.notify_all();
}

void flow::advance(lsn at) {
  if (is_over_) return;
  // While something is out, the next commit or a later keep-alive does as well.
  if (is_beat_due() && ledger_.is_settled() && at > ledger_.confirmed()) {
    const auto entry = ledger_.open_message(now_);
    beat(entry, at);
    ledger_.close_message(entry, at);
  } else {
    ledger_.advance(at);
  }
  changed_.notify_all();
}

void flow::room() {
  if (!failure_) topology_.each_target([](target& each) { each.flush(); });
  pump_groups();
  changed_.notify_all();
}

void flow::reachable(bool is, std::string_view why) {
  const auto now = steady_clock::now();
  topology_.each_target([&](target& each) { each.reachable(is, why, now); });
  if (is) {
    room();
  } else {
    changed_.notify_all();
  }
}

void flow::broken(const failure& why) { fail(why); }

void flow::fail(std::string reason, std::string sentence, verdict decision) {
  if (!failure_) {
    log::warn("the run ends: {}", sentence);
    failure_ = run_failure{decision, std::move(reason), std::move(sentence)};
  }
  changed_.notify_all();
}

void flow::tick(steady_time now) {
  if (sink_ == nullptr) return;
  now_ = now;
  // What a topic does not take is asked again, and as long as there is room reading goes on: that is no stall.
  if (ledger_.has_nothing_out() || (waits_for_operator_only() && !halt_.is_on() && flying_.has_room(1)))
    last_settled_ = now;
  if (ledger_.abandoned() > 0) {
    fail("record_forgotten", fmt::format("{} records ended without an outcome", ledger_.abandoned()));
  }
  bool asks = false;
  topology_.each_target([&](target& each) {
    const bool was_through = each.gate().lets_through();
    asks = each.tick(now) || asks;
    if (was_through != each.gate().lets_through()) changed_.notify_all();
  });
  if (asks) sink_->probe();
  if (!failure_) topology_.each_target([now](target& each) { each.ask_denied(now); });
  if (halt_.is_due(now) && !failure_) {
    topology_.each_target([](target& each) { each.retry_halted(); });
    go_on_if_mended();
  }
  pump_groups();
  retire_idle(now);
}

void flow::go_on_if_mended() {
  if (!halt_.is_on() || halt_.needs_restart()) return;
  bool halts = false;
  topology_.each_target([&](const target& each) { halts = halts || !each.halted_because().empty(); });
  if (halts) return;
  log::info("what stopped the stream was taken now: reading goes on");
  halt_.end();
}

std::string flow::stuck(steady_time now) const {
  for (const auto& each : topology_.targets()) {
    if (auto why = each->stuck(now, options_.stall_after); !why.empty()) return why;
  }
  return topology_.letters().stuck(now, options_.stall_after);
}

bool flow::waits_for_operator_only() const {
  if (sink_ == nullptr || sink_->outstanding() > 0) return false;
  const auto& all = topology_.targets();
  return halt_.is_on() || topology_.letters().is_denied() ||
         std::any_of(all.begin(), all.end(), [](const auto& each) { return each->is_denied(); });
}

void flow::retire_idle(steady_time now) {
  router_.retire_idle(now, options_.lane_idle);
  std::optional<std::unordered_set<const lane*>> routed;
  const auto is_needed = [&](const lane& which) {
    if (!routed) routed = router_.lanes();
    return routed->contains(&which);
  };
  topology_.each_target(
      [&](target& each) { retired_ += each.retire_idle(now, ledger_.confirmed(), is_needed); });
}

std::size_t flow::lane_count() const {
  auto count = topology_.letters().lanes().size();
  for (const auto& each : topology_.targets()) count += each->lanes().size();
  return count;
}

latencies flow::take_latencies() { return std::exchange(latencies_, empty_latencies()); }

}  // namespace weir::pipeline
