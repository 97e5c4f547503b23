#pragma once

#include <async/condition.hpp>
#include <base/size.hpp>

#include <list>

namespace weir::async {

/// Bounds what is in flight, from the socket to the delivery report. Taking never waits and may overshoot by
/// one item; `wait_for_room` is where a reader stops. An item larger than the whole budget is let in alone.
class byte_budget {
 public:
  byte_budget(executor on, bytes limit) : limit_(limit), changed_(std::move(on)) {}

  [[nodiscard]] bytes limit() const { return limit_; }
  [[nodiscard]] bytes used() const { return used_; }
  [[nodiscard]] bytes peak() const { return peak_; }

  /// Whether `expected` bytes may come in now. False while somebody waits: first come, first served.
  [[nodiscard]] bool has_room(bytes expected) const { return waiters_.empty() && fits(expected); }

  void take(bytes size);
  void release(bytes size);

  /// While held there is no room for anybody: reading stops, and what is in flight goes on.
  void hold(bool is);

  /// Ends when `expected` bytes fit, in the order of the calls; throws operation_aborted when cancelled.
  awaitable<> wait_for_room(bytes expected);

 private:
  [[nodiscard]] bool fits(bytes expected) const {
    return !is_held_ && (used_ == 0 || used_ + expected <= limit_);
  }

  bytes limit_;
  bytes used_ = 0;
  bytes peak_ = 0;
  bool is_held_ = false;
  std::list<const void*> waiters_;  ///< in the order of their calls; the front's turn is next
  condition changed_;
};

}  // namespace weir::async
