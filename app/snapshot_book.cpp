#include "snapshot_book.hpp"

#include <algorithm>
#include <utility>

namespace weir::app {
namespace {

bool is_open(const std::optional<event::snapshot_progress>& of) {
  return of && of->stage != event::snapshot_stage::done;
}

}  // namespace

bool snapshot_book::begin(const snapshot_facts& facts, const std::optional<event::snapshot_progress>& stored,
                          std::uint64_t run) {
  run_ = run;
  // Another process may have gone on with it meanwhile.
  if (stored) {
    serial_ = std::max(serial_, stored->serial);
    for (const auto& each : stored->queued) {
      if (std::find(queued_.begin(), queued_.end(), each) == queued_.end()) queued_.push_back(each);
    }
    current_ = stored;
  }
  const bool is_first = !std::exchange(has_begun_, true);
  if (is_open(current_)) return false;
  bool is_wanted = false;
  switch (kind_) {
    case config::snapshot_kind::never:
      break;
    case config::snapshot_kind::initial:
      is_wanted = !facts.has_position && !current_ && (facts.remembers || facts.made_slot);
      break;
    case config::snapshot_kind::always:
      is_wanted = is_first;
      break;
    case config::snapshot_kind::only:
      is_wanted = is_first && !current_;
      break;
  }
  if (is_wanted) {
    plan({});
  } else if (!queued_.empty()) {
    next();
  }
  return is_open(current_);
}

bool snapshot_book::is_due() const { return is_open(current_); }

bool snapshot_book::is_all_done() const {
  return kind_ == config::snapshot_kind::only && !is_open(current_) && queued_.empty();
}

void snapshot_book::reached(event::snapshot_progress now) {
  current_ = std::move(now);
  has_news_ = true;
}

void snapshot_book::next() {
  orders_.ended = std::max(orders_.ended, orders_in_current_);
  if (!queued_.empty()) {
    plan(std::exchange(queued_, {}));
    orders_in_current_ = orders_.taken;
  }
}

void snapshot_book::give_up(std::string why) {
  orders_.problem = std::move(why);
  orders_.problem_of = orders_in_current_;
  current_->stage = event::snapshot_stage::done;
  has_news_ = true;
}

std::uint64_t snapshot_book::order(const std::vector<std::string>& tables) {
  ++orders_.taken;
  queued_.insert(queued_.end(), tables.begin(), tables.end());
  has_news_ = true;
  if (!is_open(current_)) next();
  return orders_.taken;
}

event::snapshot_progress snapshot_book::record() {
  auto made = current_.value_or(event::snapshot_progress{});
  if (!current_) made.stage = event::snapshot_stage::done;
  made.run = run_;
  made.serial = ++serial_;
  made.queued = queued_;
  orders_in_record_ = orders_.taken;
  has_news_ = false;
  return made;
}

void snapshot_book::stored(std::uint64_t serial) {
  if (serial == serial_) orders_.stored = orders_in_record_;
}

void snapshot_book::plan(std::vector<std::string> tables) {
  current_ = event::snapshot_progress{};
  current_->stage = event::snapshot_stage::planned;
  current_->wanted = std::move(tables);
  has_news_ = true;
}

}  // namespace weir::app
