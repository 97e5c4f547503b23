#pragma once

#include <async/async.hpp>
#include <base/clock.hpp>

#include <list>

#include <boost/asio/steady_timer.hpp>

namespace weir::async {

/// A condition variable of one loop: wake-ups carry no value, so a waiter checks its predicate again in a loop.
class condition {
 public:
  explicit condition(executor on) : executor_(std::move(on)) {}

  /// Cheap when nobody waits, or when those who wait are told already: fit for a call per record.
  void notify_all() noexcept;

  /// Ends with the next notify_all, or throws operation_aborted when the task is cancelled.
  awaitable<> wait();
  /// As wait; false when `until` came first.
  awaitable<bool> wait_until(steady_time until);

 private:
  struct waiter;

  executor executor_;
  std::list<waiter*> waiters_;  ///< not notified yet
};

}  // namespace weir::async
