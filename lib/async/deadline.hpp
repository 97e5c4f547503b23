#pragma once

#include <async/async.hpp>
#include <base/clock.hpp>

#include <stdexcept>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace weir::async {

class deadline_exceeded : public std::runtime_error {
 public:
  explicit deadline_exceeded(const std::string& what) : std::runtime_error("timed out: " + what) {}
};

/// Awaits `operation` until `until`, then cancels it and throws `deadline_exceeded`. If both are done in one
/// turn the operation's result counts: a value is never lost, as `operation || timer` would lose it.
template <class T>
awaitable<T> with_deadline(awaitable<T> operation, steady_time until, std::string what) {
  namespace asio = boost::asio;
  auto on = co_await asio::this_coro::executor;
  asio::steady_timer timer{on, until};
  auto both = asio::experimental::make_parallel_group(asio::co_spawn(on, std::move(operation), asio::deferred),
                                                      timer.async_wait(asio::deferred));
  if constexpr (std::is_void_v<T>) {
    auto [order, failed, expired] =
        co_await both.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    if (failed && order[0] == 1 && !expired) throw deadline_exceeded{what};
    if (failed) std::rethrow_exception(failed);
  } else {
    auto [order, failed, value, expired] =
        co_await both.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    if (failed && order[0] == 1 && !expired) throw deadline_exceeded{what};
    if (failed) std::rethrow_exception(failed);
    co_return std::move(value);
  }
}

}  // namespace weir::async
