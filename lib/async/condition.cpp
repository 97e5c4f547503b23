#include <async/condition.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace weir::async {
namespace asio = boost::asio;

struct condition::waiter {
  waiter(condition& on, steady_time until)
      : in(on.waiters_), timer(on.executor_, until), place(in.insert(in.end(), this)) {}
  ~waiter() {
    if (!is_notified) in.erase(place);
  }
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;

  std::list<waiter*>& in;
  asio::steady_timer timer;
  std::list<waiter*>::iterator place;
  bool is_notified = false;
};

void condition::notify_all() noexcept {
  while (!waiters_.empty()) {
    auto& next = *waiters_.front();
    waiters_.pop_front();
    next.is_notified = true;
    next.timer.cancel();
  }
}

awaitable<> condition::wait() { co_await wait_until(steady_time::max()); }

awaitable<bool> condition::wait_until(steady_time until) {
  waiter mine{*this, until};
  // Notified, expired and cancelled all end the wait; what follows tells them apart.
  (void)co_await mine.timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error{asio::error::operation_aborted};
  }
  co_return mine.is_notified;
}

}  // namespace weir::async
