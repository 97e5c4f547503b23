#pragma once

#include <async/byte_budget.hpp>
#include <base/backoff.hpp>
#include <event/settlement.hpp>

#include <string>
#include <vector>

namespace weir::pipeline {

/// Reading stands still because a record cannot be delivered and its target's policy says stop. What an
/// operator can mend (a topic's limit) is offered again with backoff; a change that could not even be made into
/// a record waits for a restart with better settings.
class halt {
 public:
  halt(async::byte_budget& budget, std::chrono::milliseconds min, std::chrono::milliseconds max)
      : budget_(budget), retries_(min, max) {}

  /// `why` names listener, target, position and error.
  void begin(std::string why, steady_time now) {
    if (!why_.empty()) return;
    why_ = std::move(why);
    retry_at_ = now + retries_.next();
    budget_.hold(true);
  }
  /// The share stays unsettled until the run is dropped.
  void keep(event::share part) { kept_.push_back(std::move(part)); }
  void end() {
    why_.clear();
    kept_.clear();
    retries_.reset();
    budget_.hold(false);
  }

  [[nodiscard]] bool is_on() const { return !why_.empty(); }
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] bool needs_restart() const { return !kept_.empty(); }
  /// True when it is time to offer again; the next time is later.
  [[nodiscard]] bool is_due(steady_time now) {
    if (!is_on() || now < retry_at_) return false;
    retry_at_ = now + retries_.next();
    return true;
  }

 private:
  async::byte_budget& budget_;
  backoff retries_;
  std::string why_;
  steady_time retry_at_{};
  std::vector<event::share> kept_;
};

}  // namespace weir::pipeline
