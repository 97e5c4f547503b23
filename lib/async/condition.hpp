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

  void notify_all() noexcept;

  /// Ends with the next notify_all, or throws operation_aborted when the task is cancelled.
  awaitable<> wait();
  /// As wait; false when `until` came first.
  awaitable<bool> wait_until(steady_time until);

 private:
  executor executor_;
  std::list<boost::asio::steady_timer*> waiters_;
};

}  // namespace weir::async
