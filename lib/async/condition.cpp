#include <async/condition.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace weir::async {
namespace asio = boost::asio;

void condition::notify_all() noexcept {
  for (auto* waiter : waiters_) waiter->expires_at(steady_time::min());
}

awaitable<> condition::wait() { co_await wait_until(steady_time::max()); }

awaitable<bool> condition::wait_until(steady_time until) {
  asio::steady_timer timer{executor_, until};
  struct registration {
    std::list<asio::steady_timer*>& in;
    std::list<asio::steady_timer*>::iterator at;
    ~registration() { in.erase(at); }
  };
  const registration waiter{waiters_, waiters_.insert(waiters_.end(), &timer)};
  // Notified, expired and cancelled all end the wait; what follows tells them apart.
  (void)co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error{asio::error::operation_aborted};
  }
  co_return timer.expiry() == steady_time::min();
}

}  // namespace weir::async
