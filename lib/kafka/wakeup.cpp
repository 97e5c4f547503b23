#include <kafka/wakeup.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace weir::kafka {
namespace asio = boost::asio;

namespace {

int make_event() {
  const int made = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (made < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
  return made;
}

}  // namespace

wakeup::wakeup(async::executor on) : event_(on, make_event()), timer_(on) {}

void wakeup::ring() noexcept {
  const std::uint64_t one = 1;
  // Full means that it rings already.
  (void)!::write(event_.native_handle(), &one, sizeof one);
}

void wakeup::clear() noexcept {
  std::uint64_t count = 0;
  (void)!::read(event_.native_handle(), &count, sizeof count);
}

async::awaitable<> wakeup::wait(steady_time until) {
  timer_.expires_at(until);
  // Readiness carries no value, so nothing is lost when both sides are done at once.
  (void)co_await asio::experimental::make_parallel_group(
      event_.async_wait(asio::posix::stream_descriptor::wait_read, asio::deferred),
      timer_.async_wait(asio::deferred))
      .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error{asio::error::operation_aborted};
  }
}

}  // namespace weir::kafka
