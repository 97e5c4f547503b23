#include <pipeline/flow.hpp>

#include <base/log.hpp>
#include <metrics/metrics_table.hpp>
#include <pipeline/dead_letters.hpp>
#include <pipeline/topic_name.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
#include <span>
#include <unordered_set>

namespace weir::pipeline {
namespace {

constexpr std::string_view position_header = "weir.position";
constexpr std::string_view run_header = "weir.run";
/// Below this a dead letter that is still too large cannot be written at all.
constexpr std::size_t least_dead_letter_part = 1024;

std::int64_t milliseconds_of(wall_time at) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

event::position position_of(const event::change& what, std::uint32_t timeline) {
  if (what.within == nullptr) return {timeline, what.at, 0, 0};
  return {timeline, what.within->final_lsn, what.seq, 0};
}

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

}  // namespace

flow::flow(async::executor on, async::byte_budget& budget, flow_options options)
    : budget_(budget),
      options_(std::move(options)),
      envelope_(options_.envelope),
      changed_(std::move(on)),
      breaker_(options_.stall_after, options_.probe_min, options_.probe_max),
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
  now_ = steady_clock::now();
  last_settled_ = now_;
  if (sink_ != &to) breaker_.on_new_handle(now_);
  sink_ = &to;
  sink_->listen(*this);
  for (const auto& [topic, until] : isolated_) {
    const auto kind =
        topic == options_.dead_letter_topic ? event::topic_kind::dead_letters : event::topic_kind::changes;
    lane_of(topic, kind).isolate(until);
  }
  isolated_.clear();
}

void flow::drop_run() {
  failure_.reset();
  if (sink_ != nullptr) sink_->listen(nobody_listens());
  sink_ = nullptr;
  // A search for a guilty record that a broken connection interrupts goes on in the next run.
  for (const auto& [topic, each] : lanes_) {
    if (each.is_isolated()) isolate_next_run(topic, *each.isolated_until());
  }
  routes_.clear();
  last_reported_ = nullptr;
  lanes_.clear();
  ledger_.restart(ledger_.confirmed());
  budget_.release(bytes_in_flight_);
  bytes_in_flight_ = 0;
  records_in_flight_ = 0;
}

void flow::begin(const event::transaction& opened) {
  now_ = steady_clock::now();
  open_entry_ = ledger_.open(now_);
  last_commit_ = opened.commit_time;
}

void flow::commit(lsn end) {
  envelope_.committed(end);
  ledger_.commit(end);
  changed_.notify_all();
}

void flow::advance(lsn at) {
  ledger_.advance(at);
  changed_.notify_all();
}

void flow::admit(const event::change& what) {
  if (failure_) throw failure{verdict::retry, failure_->reason, failure_->sentence};
  if (sink_ == nullptr) throw failure{verdict::retry, "no_run", "a change arrives between two runs"};
  if (what.within != nullptr) {
    admit_into(open_entry_, what);
    return;
  }
  now_ = steady_clock::now();
  const auto message = ledger_.open_message(now_);
  admit_into(message, what);
  ledger_.close_message(message, what.at);
}

void flow::admit_into(event::entry_token entry, const event::change& what) {
  event::ticket admitted{ledger_, entry};
  const auto* way = what.op == event::operation::message ? nullptr : &route_of(*what.table);
  if (way != nullptr && way->by == nullptr) {
    counts_.filtered.add(what.op);
    admitted.close(event::outcome::filtered);
    return;
  }
  auto& by = way == nullptr ? lane_of(options_.message_topic, event::topic_kind::changes) : *way->by;
  auto at = position_of(what, timeline_);
  try {
    const auto made = way == nullptr ? envelope_.encode_message(what, wall_now())
                                     : envelope_.encode(*way->plan, what, wall_now());
    for (const auto& each : made) {
      at.part = each.part;
      put(by, at, {each.key, each.value, each.headers}, admitted.make_share());
    }
  } catch (const encode::encode_error& error) {
    cannot_encode(by.topic(), at, what, error.what(), admitted.make_share());
  }
  counts_.taken.add(what.op);
  admitted.close(event::outcome::delivered);
}

void flow::put(lane& by, const event::position& at, const event::record& made, event::share part) {
  headers_.clear();
  headers_.push_back({position_header, positions_.of(at)});
  headers_.push_back({run_header, run_text_});
  headers_.insert(headers_.end(), made.headers.begin(), made.headers.end());
  const event::record what{made.key, made.value, headers_};
  charge(event::charge(what));
  by.put(what, at, std::move(part), now_);
}

void flow::cannot_encode(const std::string& topic, const event::position& at, const event::change& what,
                         std::string why, event::share part) {
  const auto raw = raw_row(what);
  const std::array<event::header, 2> headers{{{position_header, positions_.of(at)}, {run_header, run_text_}}};
  bury(topic, {std::nullopt, raw, headers}, {"ENCODE", std::move(why)}, std::move(part));
}

void flow::refused(const std::string& topic, const event::record& what, const event::refusal& why,
                   event::share part) {
  discharge(event::charge(what));
  bury(topic, what, why, std::move(part));
}

/// Writes the dead letter. Whatever prevents that ends the run, and the share is abandoned: the replay brings
/// the record again.
void flow::bury(const std::string& topic, const event::record& what, const event::refusal& why,
                event::share part) {
  const auto count = ++counts_.errors[why.code];
  if (failure_) return;
  if (topic == options_.dead_letter_topic) {
    // Only a letter that is too large gets better by smaller parts; missing rights do not.
    if (why.code.ends_with("TOO_LARGE")) {
      const auto size = std::min<std::size_t>(options_.dead_letter_part, what.value ? what.value->size() : 0);
      options_.dead_letter_part = std::max(least_dead_letter_part, size / 2);
    }
    fail(
        "dead_letter_unwritable",
        fmt::format("the dead-letter topic {} refuses a record, so the stream waits: {}", topic, why.sentence));
    return;
  }
  // Not a line for each: a table that has gone bad has millions of them.
  if (std::has_single_bit(count)) {
    log::warn("a record for topic {} becomes a dead letter: {}: {} ({} since the start)", topic, why.code,
              why.sentence, count);
  }
  dead_letter letter{what, why, {options_.listener, options_.target, topic}, milliseconds_of(wall_now())};
  const auto parts = letter.parts(options_.dead_letter_part);
  const auto part_size = options_.dead_letter_part;
  try {
    auto& by = lane_of(options_.dead_letter_topic, event::topic_kind::dead_letters);
    for (std::size_t number = 0; number < parts && !failure_; ++number) {
      const auto piece = letter.part(number, part_size);
      charge(event::charge(piece.what));
      by.put(piece.what, piece.at, number + 1 < parts ? part.another() : std::move(part), now_);
    }
  } catch (const failure& error) {
    fail(error.reason(), error.what());
  }
}

void flow::reported(event::report&& of) {
  // Between two runs, or told twice: there is nothing left to count.
  if (sink_ == nullptr || !of.part.is_open()) return;
  auto* const where = lane_named(of.topic);
  const bool was_alone = where != nullptr && where->reported();
  switch (of.is) {
    case event::report::result::delivered:
      delivered(std::move(of));
      break;
    case event::report::result::refused:
      if (was_alone) {
        refused(where->topic(), of.what, {std::string{of.code}, std::string{of.sentence}}, std::move(of.part));
      } else {
        discharge(event::charge(of.what));
        find_guilty_in(where, of);
      }
      break;
    case event::report::result::lost:
      discharge(event::charge(of.what));
      ++counts_.errors[std::string{of.code}];
      fail("record_lost",
           fmt::format("a record for topic {} was not delivered: {} ({})", of.topic, of.code, of.sentence));
      break;
  }
  // A sink that failed takes nothing more: what still waits comes again with the replay.
  if (where != nullptr && !failure_) where->flush();
  changed_.notify_all();
}

void flow::delivered(event::report&& of) {
  discharge(event::charge(of.what));
  last_settled_ = now_;
  observe(of.latency);
  if (of.topic == options_.dead_letter_topic) {
    ++counts_.dead_lettered;
    of.part.settle(event::outcome::dead_lettered);
  } else {
    ++counts_.delivered;
    of.part.settle(event::outcome::delivered);
  }
  const bool was_through = breaker_.lets_through();
  breaker_.on_good_report(last_settled_);
  // The breaker held every lane back, and nothing else tells the others that it closed.
  if (!was_through) room();
}

/// The broker refuses batches, so one report cannot say which record is guilty: the next run sends this topic's
/// records one at a time, up to the newest that is out.
void flow::find_guilty_in(const lane* where, const event::report& of) {
  ++counts_.errors[std::string{of.code}];
  if (where != nullptr) isolate_next_run(where->topic(), where->last_offered());
  fail("batch_refused", fmt::format("topic {} refuses a batch: {} ({}); its records are sent again one by one",
                                    of.topic, of.code, of.sentence));
}

void flow::isolate_next_run(const std::string& topic, const event::position& until) {
  auto& furthest = isolated_[topic];
  furthest = std::max(furthest, until);
}

void flow::room() {
  if (!failure_) {
    for (auto& [topic, each] : lanes_) each.flush();
  }
  changed_.notify_all();
}

void flow::reachable(bool is, std::string_view why) {
  const auto now = steady_clock::now();
  if (is) {
    breaker_.on_reachable(now);
    room();
  } else {
    breaker_.on_unreachable(now, why);
    changed_.notify_all();
  }
}

void flow::broken(const failure& why) { fail(why.reason(), why.what(), why.decision()); }

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
  if (ledger_.has_nothing_out()) last_settled_ = now;
  if (ledger_.abandoned() > 0) {
    fail("record_forgotten", fmt::format("{} records ended without an outcome", ledger_.abandoned()));
  }
  const bool was_through = breaker_.lets_through();
  if (breaker_.tick(now, sink_->outstanding())) sink_->probe();
  if (was_through != breaker_.lets_through()) changed_.notify_all();
  retire_idle(now);
}

void flow::retire_idle(steady_time now) {
  const auto is_idle = [&](steady_time last_used) { return now - last_used >= options_.lane_idle; };
  // A search for a guilty record ends when the ledger has passed the place where it can be.
  const auto searches = [&](const lane& which) {
    return which.is_isolated() && ledger_.confirmed() <= which.isolated_until()->commit;
  };
  const auto can_go = [&](const lane& which) {
    return which.is_empty() && is_idle(which.last_used()) && !searches(which);
  };
  std::erase_if(routes_, [&](const auto& each) { return is_idle(each.second.last_used); });
  if (std::none_of(lanes_.begin(), lanes_.end(), [&](const auto& each) { return can_go(each.second); })) return;
  std::unordered_set<const lane*> routed;
  for (const auto& [oid, way] : routes_) routed.insert(way.by);
  last_reported_ = nullptr;
  std::erase_if(lanes_,
                [&](const auto& each) { return can_go(each.second) && !routed.contains(&each.second); });
}

const flow::route& flow::route_of(const event::relation& table) {
  const auto known = routes_.find(table.oid);
  if (known != routes_.end() && known->second.version == table.version) {
    known->second.last_used = now_;
    return known->second;
  }
  // Complete before it is known: half a route would say that nobody wants the table.
  route way{table.version, std::nullopt, nullptr, now_};
  if (!options_.takes || options_.takes(table.schema, table.name)) {
    way.plan.emplace(table);
    way.by = &lane_of(topic_name(options_.topic, table.schema, table.name), event::topic_kind::changes);
  }
  return routes_.insert_or_assign(table.oid, std::move(way)).first->second;
}

lane& flow::lane_of(const std::string& topic, event::topic_kind kind) {
  const auto found = lanes_.find(topic);
  if (found != lanes_.end()) return found->second;
  return lanes_.try_emplace(topic, topic, sink_->open(topic, kind), breaker_, static_cast<refusals&>(*this))
      .first->second;
}

lane* flow::lane_named(std::string_view topic) {
  if (last_reported_ == nullptr || last_reported_->topic() != topic) {
    const auto found = lanes_.find(topic);
    last_reported_ = found == lanes_.end() ? nullptr : &found->second;
  }
  return last_reported_;
}

void flow::charge(bytes size) {
  budget_.take(size);
  bytes_in_flight_ += size;
  ++records_in_flight_;
}

void flow::discharge(bytes size) {
  budget_.release(size);
  bytes_in_flight_ -= size;
  --records_in_flight_;
}

void flow::observe(std::chrono::microseconds latency) {
  const auto& bounds = metrics::describe(metrics::metric::delivery_seconds).buckets;
  const double seconds = std::chrono::duration<double>(latency).count();
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
  latencies_.buckets[static_cast<std::size_t>(bucket)] += 1;
  latencies_.seconds += seconds;
}

latencies flow::take_latencies() { return std::exchange(latencies_, empty_latencies()); }

}  // namespace weir::pipeline
