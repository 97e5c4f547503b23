#include <pipeline/flow.hpp>

#include <base/log.hpp>
#include <metrics/metrics_table.hpp>
#include <pipeline/dead_letters.hpp>
#include <pipeline/topic_name.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

namespace weir::pipeline {
namespace {

constexpr std::string_view position_header = "weir.position";
constexpr std::string_view run_header = "weir.run";
/// Position and run, and what a format adds of its own to one record.
constexpr std::size_t most_headers = 8;
/// Below this a dead letter that is still too large cannot be written at all.
constexpr std::size_t least_dead_letter_part = 1024;

std::int64_t milliseconds_of(wall_time at) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

event::position position_of(const event::change& what, std::uint32_t timeline) {
  if (what.within == nullptr) return {timeline, what.at, 0, 0};
  return {timeline, what.within->final_lsn, what.seq, 0};
}

/// The text of a position in a buffer on the stack.
class position_text {
 public:
  explicit position_text(const event::position& at) : end_(fmt::format_to(text_.data(), "{}", at)) {}
  [[nodiscard]] std::string_view view() const {
    return {text_.data(), static_cast<std::size_t>(end_ - text_.data())};
  }

 private:
  static constexpr std::size_t most = 64;  // 10 + 17 + 20 + 10 digits and three slashes
  std::array<char, most> text_;
  char* end_;
};

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
  const auto now = steady_clock::now();
  last_settled_ = now;
  if (sink_ != &to) breaker_.on_new_handle(now);
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
  sink_ = nullptr;
  routes_.clear();
  lanes_.clear();
  ledger_.restart(ledger_.confirmed());
  budget_.release(bytes_in_flight_);
  bytes_in_flight_ = 0;
  records_in_flight_ = 0;
}

void flow::begin(const event::transaction& opened) {
  open_entry_ = ledger_.open(steady_clock::now());
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
  const auto now = steady_clock::now();
  if (what.within != nullptr) {
    admit_into(open_entry_, what, now);
    return;
  }
  const auto message = ledger_.open_message(now);
  admit_into(message, what, now);
  ledger_.close_message(message, what.at);
}

void flow::admit_into(event::entry_token entry, const event::change& what, steady_time now) {
  event::ticket admitted{ledger_, entry};
  const auto* way = what.op == event::operation::message ? nullptr : &route_of(*what.table, now);
  if (way != nullptr && way->by == nullptr) {
    ++counts_.filtered[static_cast<char>(what.op)];
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
      put(by, at, {each.key, each.value, each.headers}, admitted.make_share(), now);
    }
  } catch (const encode::encode_error& error) {
    const auto raw = raw_row(what);
    refuse(by.topic(), at, {std::nullopt, raw, {}}, {"ENCODE", error.what()}, admitted.make_share());
  }
  ++counts_.taken[static_cast<char>(what.op)];
  admitted.close(event::outcome::delivered);
}

void flow::put(lane& by, event::position at, const event::record& made, event::share part, steady_time now) {
  const position_text position{at};
  std::array<event::header, most_headers> headers{
      {{position_header, position.view()}, {run_header, run_text_}}};
  const auto extra = std::min(made.headers.size(), headers.size() - 2);
  std::copy_n(made.headers.begin(), extra, headers.begin() + 2);
  const event::record what{made.key, made.value, {headers.data(), extra + 2}};
  charge(event::charge(what));
  by.put(what, at, std::move(part), now);
}

void flow::refuse(const std::string& topic, const event::position& at, const event::record& made,
                  const event::refusal& why, event::share part) {
  const position_text position{at};
  const std::array<event::header, 2> headers{{{position_header, position.view()}, {run_header, run_text_}}};
  const event::record what{made.key, made.value, headers};
  charge(event::charge(what));
  refused(topic, what, why, std::move(part));
}

void flow::refused(const std::string& topic, const event::record& what, const event::refusal& why,
                   event::share part) {
  discharge(event::charge(what));
  ++counts_.errors[why.code];
  if (topic == options_.dead_letter_topic) {
    options_.dead_letter_part = std::max(least_dead_letter_part, options_.dead_letter_part / 2);
    fail(
        "dead_letter_unwritable",
        fmt::format("the dead-letter topic {} refuses a record, so the stream waits: {}", topic, why.sentence));
    return;
  }
  log::warn("a record for topic {} becomes a dead letter: {}: {}", topic, why.code, why.sentence);
  dead_letter letter{what, why, {options_.listener, options_.target, topic}, milliseconds_of(wall_now())};
  const auto parts = letter.parts(options_.dead_letter_part);
  auto& by = lane_of(options_.dead_letter_topic, event::topic_kind::dead_letters);
  for (std::size_t number = 0; number < parts; ++number) {
    const auto piece = letter.part(number, options_.dead_letter_part);
    charge(event::charge(piece.what));
    by.put(piece.what, piece.at, number + 1 < parts ? part.another() : std::move(part), steady_clock::now());
  }
}

void flow::reported(event::report&& of) {
  // The handle of a dropped run may still have reports: their shares are of that run and settle nothing.
  if (sink_ == nullptr) return;
  const auto where = lanes_.find(of.topic);
  const bool was_alone = where != lanes_.end() && where->second.reported();
  switch (of.is) {
    case event::report::result::delivered:
      delivered(std::move(of));
      break;
    case event::report::result::refused:
      if (was_alone) {
        refused(std::string{of.topic}, of.what, {std::string{of.code}, std::string{of.sentence}},
                std::move(of.part));
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
  if (where != lanes_.end()) where->second.flush();
  changed_.notify_all();
}

void flow::delivered(event::report&& of) {
  discharge(event::charge(of.what));
  const auto now = steady_clock::now();
  last_settled_ = now;
  breaker_.on_good_report(now);
  observe(of.latency);
  if (of.topic == options_.dead_letter_topic) {
    ++counts_.dead_lettered;
    of.part.settle(event::outcome::dead_lettered);
  } else {
    ++counts_.delivered;
    of.part.settle(event::outcome::delivered);
  }
}

/// The broker refuses batches, so one report cannot say which record is guilty: the next run sends this topic's
/// records one at a time, up to the newest that is out.
void flow::find_guilty_in(lanes_by_topic::iterator where, const event::report& of) {
  ++counts_.errors[std::string{of.code}];
  if (where != lanes_.end()) {
    auto& until = isolated_[std::string{of.topic}];
    until = std::max(until, where->second.last_offered());
  }
  fail("batch_refused", fmt::format("topic {} refuses a batch: {} ({}); its records are sent again one by one",
                                    of.topic, of.code, of.sentence));
}

void flow::room() {
  for (auto& [topic, each] : lanes_) each.flush();
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

void flow::broken(const failure& why) { fail(why.reason(), why.what()); }

void flow::fail(std::string reason, std::string sentence) {
  if (!failure_) {
    log::warn("the run ends: {}", sentence);
    failure_ = run_failure{std::move(reason), std::move(sentence)};
  }
  changed_.notify_all();
}

void flow::tick(steady_time now) {
  if (sink_ == nullptr) return;
  if (ledger_.has_nothing_out()) last_settled_ = now;
  const bool was_through = breaker_.lets_through();
  if (breaker_.tick(now, sink_->outstanding())) sink_->probe();
  if (was_through != breaker_.lets_through()) changed_.notify_all();
  retire_idle(now);
}

void flow::retire_idle(steady_time now) {
  const auto is_idle = [&](steady_time last_used) { return now - last_used >= options_.lane_idle; };
  std::erase_if(routes_, [&](const auto& each) {
    const auto& way = each.second;
    return is_idle(way.last_used) && (way.by == nullptr || way.by->is_empty());
  });
  const auto is_routed = [&](const lane& which) {
    return std::any_of(routes_.begin(), routes_.end(),
                       [&](const auto& each) { return each.second.by == &which; });
  };
  std::erase_if(lanes_, [&](const auto& each) {
    return each.second.is_empty() && is_idle(each.second.last_used()) && !is_routed(each.second);
  });
}

flow::route& flow::route_of(const event::relation& table, steady_time now) {
  auto& way = routes_[table.oid];
  way.last_used = now;
  if (way.version == table.version) return way;
  way = route{table.version, std::nullopt, nullptr, now};
  if (!options_.takes || options_.takes(table.schema, table.name)) {
    way.plan.emplace(table);
    way.by = &lane_of(topic_name(options_.topic, table.schema, table.name), event::topic_kind::changes);
  }
  return way;
}

lane& flow::lane_of(const std::string& topic, event::topic_kind kind) {
  const auto found = lanes_.find(topic);
  if (found != lanes_.end()) return found->second;
  return lanes_.try_emplace(topic, topic, sink_->open(topic, kind), breaker_, static_cast<refusals&>(*this))
      .first->second;
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
