#include <pipeline/flow.hpp>

#include <base/log.hpp>
#include <metrics/metrics_table.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

/// The part of flow that hears what became of records, and decides about those that cannot be delivered.
namespace weir::pipeline {
namespace {

event::position position_in(const event::record& what) {
  for (const auto& each : what.headers) {
    if (each.name == "weir.position") return event::position::parse(each.value).value_or(event::position{});
  }
  return {};
}

}  // namespace

void flow::reported(event::report&& of) {
  // Between two runs, or told twice: there is nothing left to count.
  if (sink_ == nullptr || !of.part.is_open()) return;
  auto& where = topology_.target_of(of.part.tag());
  auto* const by = where.lane_named(of.topic);
  const bool was_alone = by != nullptr && by->reported();
  switch (of.is) {
    case event::report::result::delivered:
      if (by != nullptr) by->allow();
      delivered(std::move(of));
      break;
    case event::report::result::denied:
      denied(where, by, was_alone, std::move(of));
      break;
    case event::report::result::refused:
      refused_by_report(where, by, was_alone, std::move(of));
      break;
    case event::report::result::lost:
      flying_.remove(of.what, of.part.tag());
      count_error(where, std::string{of.code});
      fail("record_lost",
           fmt::format("a record for topic {} was not delivered: {} ({})", of.topic, of.code, of.sentence));
      break;
  }
  // A sink that failed takes nothing more: what still waits comes again with the replay.
  if (by != nullptr && !failure_) by->flush();
  if (groups_.waiting() > 0) pump_groups();
  changed_.notify_all();
}

void flow::delivered(event::report&& of) {
  flying_.remove(of.what, of.part.tag());
  last_settled_ = now_;
  observe(of.latency);
  const auto tag = of.part.tag();
  auto& from = topology_.outlet_of(tag);
  if (topology::is_letter(tag)) {
    ++from.dead_lettered;
    ++counts_.dead_lettered;
    of.part.settle(event::outcome::dead_lettered);
  } else {
    ++from.delivered;
    ++counts_.delivered;
    of.part.settle(event::outcome::delivered);
  }
  // The breaker held every lane back, and nothing else tells the others that it closed.
  if (auto& where = topology_.target_of(tag); where.delivered(now_)) where.flush();
}

void flow::refused_by_report(target& where, lane* by, bool was_alone, event::report&& of) {
  if (!was_alone) {
    flying_.remove(of.what, of.part.tag());
    find_guilty_in(where, by, of);
    return;
  }
  const event::refusal why{std::string{of.code}, std::string{of.sentence}};
  // It was in a refused batch, and then alone.
  attempts_ = 2;
  const auto fate_of_it = refused(by->topic(), of.what, why, of.part);
  attempts_ = 1;
  if (fate_of_it == fate::ended) return;
  by->put_back(of.what, position_in(of.what), std::move(of.part), why.sentence);
}

/// The broker refuses batches, so one report cannot say which record is guilty: the next run sends this topic's
/// records one at a time, up to the newest that is out.
void flow::find_guilty_in(target& where, const lane* by, const event::report& of) {
  count_error(where, std::string{of.code});
  const bool is_of_range = ledger_.is_of_range(of.part.entry());
  if (is_of_range) ranges_to_search_ = std::max(ranges_to_search_, ledger_.open_ranges());
  if (by != nullptr) {
    where.isolate_next_run(by->topic(), is_of_range ? until_rows_are_read : by->last_offered());
  }
  fail("batch_refused", fmt::format("topic {} refuses a batch: {} ({}); its records are sent again one by one",
                                    of.topic, of.code, of.sentence));
}

/// Nobody is guilty, so nobody becomes a dead letter. Of a batch the rest might pass by chance when the right
/// comes back, so the next run asks with one record at a time; one that is alone waits at the front of its
/// lane, and every other lane goes on.
void flow::denied(target& where, lane* by, bool was_alone, event::report&& of) {
  if (!was_alone) {
    flying_.remove(of.what, of.part.tag());
    find_guilty_in(where, by, of);
    return;
  }
  count_error(where, std::string{of.code});
  by->deny(of.what, position_in(of.what), std::move(of.part), std::string{of.sentence});
}

flow::fate flow::refused(const std::string& topic, const event::record& what, const event::refusal& why,
                         event::share& part) {
  const auto tag = part.tag();
  count_error(topology_.target_of(tag), why.code);
  if (topology::is_letter(tag)) {
    flying_.remove(what, tag);
    if (!failure_) fail(burial_.refused(what, why));
    const auto abandoned = std::move(part);
    return fate::ended;
  }
  auto& from = topology_.outlet_of(tag);
  switch (from.to->options().policy) {
    case on_error::dead_letter:
      flying_.remove(what, tag);
      bury(from, topic, what, why, std::move(part));
      return fate::ended;
    case on_error::drop:
      flying_.remove(what, tag);
      tell_of(from, topic, why, "is dropped");
      drop(from, std::move(part));
      return fate::ended;
    case on_error::stop:
      break;
  }
  halt_.begin(fmt::format("target {} stops at a record that topic {} refuses: {}: {}", from.to->options().name,
                          topic, why.code, why.sentence),
              now_);
  return fate::stays;
}

void flow::cannot_send(const way_out& way, const event::change& what, const event::refusal& why,
                       event::share part) {
  auto& by = *way.to;
  count_error(*by.to, why.code);
  switch (by.to->options().policy) {
    case on_error::dead_letter:
      bury_change(by, way.by == nullptr ? by.to->options().topic->text() : way.by->topic(), what, why,
                  std::move(part));
      return;
    case on_error::drop:
      tell_of(by, name_of(what), why, "is dropped");
      drop(by, std::move(part));
      return;
    case on_error::stop:
      break;
  }
  halt_.begin(fmt::format("target {} stops at {}, which is no record: {}: {}; mend it and restart",
                          by.to->options().name, name_of(what), why.code, why.sentence),
              now_);
  halt_.keep(std::move(part));
}

void flow::bury_change(outlet& by, const std::string& topic, const event::change& what,
                       const event::refusal& why, event::share part) {
  const auto raw = raw_row(what, by.from->options.columns.get());
  const std::array<event::header, 2> headers{
      {{"weir.position", positions_.of(position_of(what))}, {"weir.run", run_text_}}};
  bury(by, topic, {std::nullopt, raw, headers}, why, std::move(part), holds::raw_row);
}

/// Whatever prevents a dead letter ends the run, and the share is abandoned: the replay brings the record
/// again.
void flow::bury(outlet& by, const std::string& topic, const event::record& what, const event::refusal& why,
                event::share part, holds value) {
  if (failure_) return;
  tell_of(by, topic, why, "becomes a dead letter");
  origin_of_letter from{by.from->options.name, by.to->options().name, topic};
  from.holds_raw_row = value == holds::raw_row;
  if (!from.holds_raw_row) from.attempts = attempts_;
  if (const auto* of = ledger_.note_of(part.entry())) {
    from.xid = of->xid;
    from.commit_time_ms = milliseconds_of(of->commit_time);
  }
  if (auto failed = burial_.write(what, why, from, std::move(part), now_)) fail(*failed);
}

void flow::drop(outlet& by, event::share part) {
  ++by.dropped;
  ++counts_.dropped;
  part.settle(event::outcome::dropped);
}

void flow::tell_of(outlet& by, const std::string& topic, const event::refusal& why, std::string_view becomes) {
  const auto& errors = by.to->errors();
  const auto count = errors.find(why.code);
  const auto so_far = count == errors.end() ? 1 : count->second;
  if (!std::has_single_bit(so_far)) return;
  log::warn("a record of listener {} for target {}, topic {}, {}: {}: {} ({} since the start)",
            by.from->options.name, by.to->options().name, topic, becomes, why.code, why.sentence, so_far);
}

std::string flow::name_of(const event::change& what) const {
  if (what.snapshot != nullptr) {
    return fmt::format("a row of {}.{} in the snapshot at {}", what.table->schema, what.table->name,
                       what.snapshot->at);
  }
  const auto at = what.within == nullptr ? what.at : what.within->final_lsn;
  if (what.table == nullptr) return fmt::format("a logical message at {}", at);
  return fmt::format("a change of {}.{} in the transaction that commits at {}", what.table->schema,
                     what.table->name, at);
}

void flow::count_error(target& of, const std::string& code) {
  of.count_error(code);
  ++counts_.errors[code];
}

void flow::observe(std::chrono::microseconds latency) {
  const auto& bounds = metrics::describe(metrics::metric::delivery_seconds).buckets;
  const double seconds = std::chrono::duration<double>(latency).count();
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
  latencies_.buckets[static_cast<std::size_t>(bucket)] += 1;
  latencies_.seconds += seconds;
}

}  // namespace weir::pipeline
