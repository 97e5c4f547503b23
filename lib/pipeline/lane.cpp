#include <pipeline/lane.hpp>

#include <base/log.hpp>

#include <fmt/format.h>

namespace weir::pipeline {

void lane::put(const event::record& what, const event::position& at, event::share part, steady_time now) {
  last_used_ = now;
  if (is_empty()) moved_at_ = now;
  const bool is_alone = isolates(at);
  if (queue_.empty() && !is_alone && !alone_is_out_ && gate_.lets_through()) {
    switch (way_->offer(what, part, false)) {
      case event::acceptance::taken:
        went(at, false);
        return;
      case event::acceptance::refused:
        if (stays(what, part)) queue(what, at, std::move(part), false);
        return;
      case event::acceptance::busy:
        queue(what, at, std::move(part), false);
        return;
      case event::acceptance::alone:
        queue(what, at, std::move(part), true);
        break;
    }
  } else {
    queue(what, at, std::move(part), is_alone);
  }
  flush();
}

void lane::flush() {
  while (!queue_.empty() && !is_halted() && !rests_ && !alone_is_out_ && gate_.lets_through()) {
    auto& front = queue_.front();
    if (front.is_alone && outstanding_ > 0) return;
    switch (way_->offer(front.what.view(), front.part, front.is_alone)) {
      case event::acceptance::taken:
        went(front.at, front.is_alone);
        queue_.pop_front();
        break;
      case event::acceptance::busy:
        return;
      case event::acceptance::alone:
        if (front.is_alone) return;
        front.is_alone = true;
        break;
      case event::acceptance::refused: {
        // Off the queue first: a refusal may put a dead letter into this very lane.
        auto gone = std::move(front);
        queue_.pop_front();
        if (stays(gone.what.view(), gone.part)) queue_.push_front(std::move(gone));
        break;
      }
    }
  }
}

bool lane::stays(const event::record& what, event::share& part) {
  const auto why = way_->why();
  if (refused_.refused(topic_, what, why, part) == refusals::fate::ended) return false;
  halted_because_ = why.sentence.empty() ? why.code : why.sentence;
  return true;
}

void lane::put_back(const event::record& what, const event::position& at, event::share part, std::string why) {
  queue_.push_front({kept_record{what}, at, std::move(part), true});
  halted_because_ = std::move(why);
}

void lane::deny(const event::record& what, const event::position& at, event::share part, std::string why) {
  if (!is_denied()) log::warn("topic {} takes nothing from us now, so its records wait: {}", topic_, why);
  queue_.push_front({kept_record{what}, at, std::move(part), true});
  denied_because_ = std::move(why);
  rests_ = true;
}

void lane::ask_again() {
  rests_ = false;
  flush();
}

void lane::allow() {
  if (!is_denied()) return;
  log::info("topic {} takes records again", topic_);
  denied_because_.clear();
}

void lane::try_again() {
  halted_because_.clear();
  flush();
}

void lane::queue(const event::record& what, const event::position& at, event::share part, bool is_alone) {
  queue_.push_back({kept_record{what}, at, std::move(part), is_alone});
}

bool lane::reported() {
  has_moved_ = true;
  if (outstanding_ > 0) --outstanding_;
  return std::exchange(alone_is_out_, false);
}

std::string lane::waits_for() const {
  if (queue_.empty() && !is_denied()) return {};
  if (is_halted()) return fmt::format("a record that topic {} refuses: {}", topic_, halted_because_);
  if (is_denied()) return fmt::format("topic {}, which takes nothing from us now: {}", topic_, denied_because_);
  if (!gate_.lets_through()) return "the breaker is open";
  if (alone_is_out_) return "the report of a record that travels alone";
  if (auto reason = way_->waits_for(); !reason.empty()) return reason;
  return "room in the sink";
}

bool lane::isolates(const event::position& at) {
  if (isolated_until_ && at > *isolated_until_) isolated_until_.reset();
  return isolated_until_.has_value();
}

void lane::went(const event::position& at, bool is_alone) {
  ++outstanding_;
  has_moved_ = true;
  alone_is_out_ = is_alone;
  last_offered_ = at;
}

}  // namespace weir::pipeline
