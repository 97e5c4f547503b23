#include <pipeline/flow.hpp>

#include <base/murmur2.hpp>
#include <encode/encode_error.hpp>
#include <event/heartbeat.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

/// The part of flow that makes records of changes.
namespace weir::pipeline {
namespace {

constexpr std::string_view position_header = "weir.position";
constexpr std::string_view run_header = "weir.run";

event::share tagged(event::ticket& admitted, std::uint16_t tag) {
  auto made = admitted.make_share();
  made.tag(tag);
  return made;
}

bool wants(const listener& who, event::operation op) {
  return who.options.operations.find(static_cast<char>(op)) != std::string::npos;
}

}  // namespace

event::position flow::position_of(const event::change& what) const {
  if (what.snapshot != nullptr) {
    // Several ways may lead to one target: each has its own share of the numbers.
    return {timeline_, what.snapshot->at, 0, what.snapshot->number * topology_.outlets().size()};
  }
  if (what.within == nullptr) return {timeline_, what.at, 0, 0};
  return {timeline_, what.within->final_lsn, what.seq, 0};
}

void flow::require_run() const {
  if (failure_) throw failure{verdict::retry, failure_->reason, failure_->sentence};
  if (sink_ == nullptr) throw failure{verdict::retry, "no_run", "a change arrives between two runs"};
}

void flow::admit(const event::change& what) {
  if (is_over_) return;
  require_run();
  if (what.within != nullptr) {
    trace_.notice(what);
    admit_into(open_entry_, what);
    return;
  }
  now_ = steady_clock::now();
  const auto message = ledger_.open_message(now_);
  admit_into(message, what);
  ledger_.close_message(message, what.at);
}

event::entry_token flow::open_range(std::uint64_t number) {
  require_run();
  now_ = steady_clock::now();
  return ledger_.open_range(now_, number);
}

void flow::read(event::entry_token range, const event::change& what) {
  if (is_over_) return;
  require_run();
  admit_into(range, what);
}

void flow::close_range(event::entry_token range) {
  if (is_over_) return;
  require_run();
  ledger_.close_range(range);
  changed_.notify_all();
}

std::vector<std::uint64_t> flow::take_settled_ranges() {
  auto settled = ledger_.take_settled_ranges();
  // What was open is read again in the same order: so many ranges later the guilty record has been met.
  if (ranges_to_search_ > 0 && !settled.empty()) {
    ranges_to_search_ -= std::min(ranges_to_search_, settled.size());
    if (ranges_to_search_ == 0) rows_are_read();
  }
  return settled;
}

void flow::rows_are_read() {
  ranges_to_search_ = 0;
  topology_.each_target([](target& each) { each.rows_are_read(); });
}

void flow::admit_into(event::entry_token entry, const event::change& what) {
  event::ticket admitted{ledger_, entry};
  const bool is_message = what.op == event::operation::message;
  if (is_message && what.message_prefix == event::heartbeat_prefix) {
    if (heartbeat_) heartbeat_(what.message_content);
    admitted.close(event::outcome::filtered);
    return;
  }
  if (is_known(what)) {
    ++counts_.known;
    admitted.close(event::outcome::filtered);
    return;
  }
  auto& way = is_message ? router_.of_messages(now_) : router_.of(*what.table, now_);
  ++change_number_;
  if (!choose(way, what, admitted)) {
    counts_.filtered.add(what.op);
    admitted.close(event::outcome::filtered);
    return;
  }
  order_.reset();
  events_of_change_ = 0;
  if (marks_transactions() && what.within != nullptr) {
    if (marks_.starts()) mark(marks_.begin_record(), 0, admitted.make_share());
    order_ = marks_.next(what);
    last_seq_ = what.seq;
  }
  for (auto& each : way.encodings) send(each, what, admitted);
  for (auto& each : way.grouped) collect(each, what, admitted);
  if (order_) marks_.took(what, std::max<std::uint64_t>(events_of_change_, 1));
  counts_.taken.add(what.op);
  admitted.close(event::outcome::delivered);
}

bool flow::choose(route& of, const event::change& what, event::ticket& admitted) {
  chosen_.clear();
  bool anybody = false;
  for (auto& who : of.takers) {
    const auto chosen = ask(who, what, admitted);
    chosen_.push_back(chosen);
    auto& counts = chosen == choice::take ? who.who->taken : who.who->filtered;
    counts.add(what.op);
    if (chosen == choice::skip) continue;
    anybody = true;
    who.who->last_acted = now_;
    if (what.within != nullptr) who.who->last_taken = what.within->commit_time;
    if (who.who->options.groups_by_transaction && what.snapshot == nullptr) groups_.count(who.number, what);
  }
  return anybody;
}

flow::choice flow::ask(taker& who, const event::change& what, event::ticket& admitted) {
  if (!wants(*who.who, what.op)) return choice::skip;
  if (!who.problem.empty()) return undecided(who, what, who.problem, admitted);
  if (!who.filter) return choice::take;
  auto decided = who.filter->decide(what);
  switch (decided.is) {
    case filter::decision::kind::keep:
      return choice::take;
    case filter::decision::kind::drop:
      return choice::skip;
    case filter::decision::kind::error:
      break;
  }
  return undecided(who, what, std::move(decided.what), admitted);
}

flow::choice flow::undecided(taker& who, const event::change& what, std::string why, event::ticket& admitted) {
  auto& listens = *who.who;
  listens.undecided.add(what.op);
  listens.last_filter_error = why;
  const event::refusal refusal{"FILTER", std::move(why)};
  switch (listens.options.if_undecided) {
    case on_filter_error::keep:
      return choice::take;
    case on_filter_error::drop:
      return choice::skip;
    case on_filter_error::dead_letter:
      for (auto& to : topology_.outlets_of(who.number)) {
        count_error(*to.to, refusal.code);
        bury_change(to, to.to->options().topic->text(), what, refusal, tagged(admitted, to.number));
      }
      return choice::skip;
    case on_filter_error::stop:
      halt_.begin(
          fmt::format("the filter of listener {} gives no answer for {}: {}; mend the filter and restart",
                      listens.options.name, name_of(what), refusal.sentence),
          now_);
      halt_.keep(admitted.make_share());
      return choice::skip;
  }
  return choice::skip;
}

void flow::send(encoding& as, const event::change& what, event::ticket& admitted) {
  const bool is_wanted =
      std::any_of(as.ways.begin(), as.ways.end(), [&](const way_out& way) { return is_chosen(way); });
  if (!is_wanted) return;
  std::optional<event::refusal> refusal;
  std::span<const encode::encoded> made;
  if (!as.problem.empty()) {
    refusal = {as.problem_code, as.problem};
  } else {
    try {
      made = as.plan ? envelope_.encode(*as.plan, what, wall_now(), order_)
                     : envelope_.encode_message(what, wall_now(), as.format);
      if (as.avro) made = as.avro->transcode(avro_, made);
      const auto events =
          std::count_if(made.begin(), made.end(), [](const auto& each) { return each.value.has_value(); });
      events_of_change_ = std::max(events_of_change_, static_cast<std::uint64_t>(events));
    } catch (const encode::encode_error& error) {
      refusal = {"ENCODE", error.what()};
    }
  }
  for (auto& way : as.ways) {
    if (!is_chosen(way)) continue;
    if (refusal) {
      cannot_send(way, what, *refusal, tagged(admitted, way.to->number));
    } else {
      send_one(way, what, made, admitted);
    }
  }
}

void flow::send_one(way_out& way, const event::change& what, std::span<const encode::encoded> made,
                    event::ticket& admitted) {
  if (what.op == event::operation::update && made.size() > 1) {
    send_changed_key(way, what, made, admitted);
    return;
  }
  event::refusal why;
  if (can_go(way, what, why)) {
    put_all(way, what, what, made, admitted);
  } else {
    cannot_send(way, what, why, tagged(admitted, way.to->number));
  }
}

/// A changed key is a delete under the old one and a create under the new one, and what templates make of the
/// row goes the same two ways: the old key is to be forgotten where it lies.
void flow::send_changed_key(way_out& way, const event::change& what, std::span<const encode::encoded> made,
                            event::ticket& admitted) {
  event::change gone = what;
  gone.op = event::operation::remove;
  gone.after = {};
  event::change come = what;
  come.op = event::operation::create;
  event::refusal why;
  // Both, before anything of either is sent.
  if (!can_go(way, come, why) || !can_go(way, gone, why)) {
    cannot_send(way, what, why, tagged(admitted, way.to->number));
    return;
  }
  put_all(way, what, gone, made.first(made.size() - 1), admitted);
  (void)can_go(way, come, why);
  put_all(way, what, come, made.last(1), admitted);
}

/// Leaves behind what the target's templates make of `as`.
bool flow::can_go(way_out& way, const event::change& as, event::refusal& why) {
  return lane_for(way, as, why) != nullptr && render_target_texts(way.to->to->options(), as, why);
}

/// `as`: what the target's texts were made of.
void flow::put_all(way_out& way, const event::change& what, const event::change& as,
                   std::span<const encode::encoded> made, event::ticket& admitted) {
  auto& to = *way.to;
  const auto& with = to.to->options();
  event::refusal none;
  auto& by = *lane_for(way, as, none);
  auto at = position_of(what);
  const auto first_part = at.part;
  for (const auto& each : made) {
    // A template's key names no row, so nothing is to be forgotten under it.
    if (with.key_text && !each.value) continue;
    at.part = first_part + to.to->next_part(change_number_);
    event::record record{with.key_text ? std::optional<std::string_view>{key_text_} : each.key, each.value,
                         each.headers};
    record.partition_hash = partition_hash_;
    put(by, at, with, record, tagged(admitted, to.number));
  }
}

lane* flow::lane_for(way_out& way, const event::change& what, event::refusal& why) {
  if (way.by != nullptr) return way.by;
  why.code = "TOPIC";
  why.sentence = way.problem;
  if (!why.sentence.empty()) return nullptr;
  topic_text_.clear();
  if (!way.to->to->options().topic->render(topic_text_, what, why.sentence)) return nullptr;
  if (topology_.is_reserved(topic_text_)) {
    why.sentence = topology::reserved_because(topic_text_);
    return nullptr;
  }
  return &way.to->to->lane_of(topic_text_);
}

bool flow::render_target_texts(const target_options& of, const event::change& what, event::refusal& why) {
  partition_hash_.reset();
  if (of.key_text) {
    why.code = "KEY";
    key_text_.clear();
    if (!of.key_text->render(key_text_, what, why.sentence)) return false;
  }
  if (of.partition_by) {
    why.code = "PARTITION";
    topic_text_.clear();
    if (!of.partition_by->render(topic_text_, what, why.sentence)) return false;
    partition_hash_ = murmur2(topic_text_);
  }
  why.code = "HEADER";
  header_texts_.resize(of.headers.size());
  for (std::size_t at = 0; at < of.headers.size(); ++at) {
    header_texts_[at].clear();
    if (!of.headers[at].second.render(header_texts_[at], what, why.sentence)) return false;
  }
  return true;
}

void flow::put(lane& by, const event::position& at, const target_options& to, event::record what,
               event::share part) {
  dress(what, at, to);
  flying_.add(what, part.tag());
  by.put(what, at, std::move(part), now_);
}

/// The headers that every record carries, before and after its own.
void flow::dress(event::record& what, const event::position& at, const target_options& to) {
  headers_.clear();
  headers_.push_back({position_header, positions_.of(at)});
  headers_.push_back({run_header, run_text_});
  if (const auto& trace = trace_.current()) headers_.push_back({traceparent::name, trace->text()});
  headers_.insert(headers_.end(), what.headers.begin(), what.headers.end());
  for (std::size_t n = 0; n < to.headers.size(); ++n)
    headers_.push_back({to.headers[n].first, header_texts_[n]});
  what.headers = headers_;
}

void flow::mark(const encode::transaction_record& what, std::uint64_t seq, event::share part) {
  auto& by = topology_.outlets().front();
  part.tag(by.number);
  const event::position at{timeline_, within_.final_lsn, seq, 0};
  static const target_options plain;
  const auto made = options_.transactions_have_schema ? encode::with_schema(what) : what;
  put(by.to->lane_of(options_.transaction_topic), at, plain, {made.key, made.value, {}}, std::move(part));
}

void flow::collect(encoding& as, const event::change& what, event::ticket& admitted) {
  const bool is_wanted =
      std::any_of(as.ways.begin(), as.ways.end(), [&](const way_out& way) { return is_chosen(way); });
  if (!is_wanted) return;
  std::string_view json;
  std::optional<event::refusal> refusal;
  try {
    json = as.plan ? envelope_.encode_value(*as.plan, what, wall_now(), order_)
                   : *envelope_.encode_message(what, wall_now(), as.format).front().value;
  } catch (const encode::encode_error& error) {
    refusal = {"ENCODE", error.what()};
  }
  for (auto& way : as.ways) {
    if (!is_chosen(way)) continue;
    if (refusal) {
      cannot_send(way, what, *refusal, tagged(admitted, way.to->number));
    } else if (what.snapshot != nullptr) {
      send_read_alone(way, json, what, tagged(admitted, way.to->number));
    } else {
      groups_.add(*way.to, json, what, admitted);
    }
  }
}

}  // namespace weir::pipeline
