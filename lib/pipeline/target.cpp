#include <pipeline/target.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace weir::pipeline {

target::target(target_options options, event::topic_kind kind, const times& with, refusals& refused)
    : options_(std::move(options)),
      kind_(kind),
      lane_idle_(with.lane_idle),
      refused_(refused),
      breaker_(with.stall_after, with.probe_min, with.probe_max),
      denial_pauses_(with.probe_min, with.probe_max) {}

void target::begin_run(event::sink& to, bool is_new_handle, steady_time now) {
  if (is_new_handle) breaker_.on_new_handle(now);
  sink_ = &to;
  for (const auto& [topic, until] : isolated_) lane_of(topic).isolate(until);
  isolated_.clear();
}

void target::drop_run() {
  for (const auto& [topic, each] : lanes_) {
    if (each.is_isolated()) isolate_next_run(topic, *each.isolated_until());
    // Asked with one record again, not with a batch.
    if (each.is_denied()) isolate_next_run(topic, each.last_offered());
  }
  last_named_ = nullptr;
  lanes_.clear();
  sink_ = nullptr;
}

lane& target::lane_of(const std::string& topic) {
  const auto found = lanes_.find(topic);
  if (found != lanes_.end()) return found->second;
  return lanes_.try_emplace(topic, topic, sink_->open(topic, kind_), breaker_, refused_).first->second;
}

lane* target::lane_named(std::string_view topic) {
  if (last_named_ == nullptr || last_named_->topic() != topic) {
    const auto found = lanes_.find(topic);
    last_named_ = found == lanes_.end() ? nullptr : &found->second;
  }
  return last_named_;
}

void target::flush() {
  for (auto& [topic, each] : lanes_) each.flush();
}

void target::retry_halted() {
  for (auto& [topic, each] : lanes_) {
    if (each.is_halted()) each.try_again();
  }
}

bool target::is_denied() const {
  return std::any_of(lanes_.begin(), lanes_.end(), [](const auto& each) { return each.second.is_denied(); });
}

void target::ask_denied(steady_time now) {
  if (!is_denied()) {
    asks_denied_at_.reset();
    denial_pauses_.reset();
    return;
  }
  if (asks_denied_at_ && now >= *asks_denied_at_) {
    for (auto& [topic, each] : lanes_) {
      if (each.is_denied()) each.ask_again();
    }
    asks_denied_at_.reset();
  }
  if (!asks_denied_at_) asks_denied_at_ = now + denial_pauses_.next();
}

void target::isolate_next_run(const std::string& topic, const event::position& until) {
  auto& furthest = isolated_[topic];
  furthest = std::max(furthest, until);
}

void target::rows_are_read() {
  std::erase_if(isolated_, [](const auto& each) { return each.second == until_rows_are_read; });
  for (auto& [topic, each] : lanes_) each.rows_are_read();
}

bool target::delivered(steady_time now) {
  last_delivery_ = now;
  const bool was_through = breaker_.lets_through();
  breaker_.on_good_report(now);
  return !was_through && breaker_.lets_through();
}

void target::reachable(bool is, std::string_view why, steady_time now) {
  if (is) {
    breaker_.on_reachable(now);
  } else {
    breaker_.on_unreachable(now, why);
  }
}

bool target::tick(steady_time now) {
  std::size_t outstanding = 0;
  for (auto& [topic, each] : lanes_) {
    outstanding += each.outstanding();
    each.look(now);
  }
  return breaker_.tick(now, outstanding);
}

std::size_t target::retire_idle(steady_time now, lsn confirmed,
                                const std::function<bool(const lane&)>& is_needed) {
  // A search for a guilty record ends when the ledger has passed the place where it can be.
  const auto searches = [&](const lane& which) {
    return which.is_isolated() && confirmed <= which.isolated_until()->commit;
  };
  return std::erase_if(lanes_, [&](const auto& each) {
    const lane& which = each.second;
    const bool goes =
        which.is_empty() && now - which.last_used() >= lane_idle_ && !searches(which) && !is_needed(which);
    if (goes && last_named_ == &which) last_named_ = nullptr;
    return goes;
  });
}

std::string target::stuck(steady_time now, steady_clock::duration patience) const {
  for (const auto& [topic, each] : lanes_) {
    if (each.is_denied()) return fmt::format("target {} waits for {}", options_.name, each.waits_for());
    if (each.is_empty() || now - each.moved_at() < patience) continue;
    const auto reason = each.waits_for();
    return fmt::format("topic {} of target {} has not moved for {} s: it waits for {}", topic, options_.name,
                       std::chrono::duration_cast<std::chrono::seconds>(now - each.moved_at()).count(),
                       reason.empty() ? "reports" : reason);
  }
  return {};
}

std::string target::halted_because() const {
  for (const auto& [topic, each] : lanes_) {
    if (each.is_halted()) return each.waits_for();
  }
  return {};
}

}  // namespace weir::pipeline
