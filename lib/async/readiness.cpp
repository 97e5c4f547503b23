#include <async/readiness.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace weir::async {
namespace asio = boost::asio;
using descriptor = asio::posix::stream_descriptor;

void readiness::watch(int descriptor) {
  reset();
  descriptor_.assign(descriptor);
}

void readiness::reset() noexcept {
  if (descriptor_.is_open()) descriptor_.release();
}

awaitable<> readiness::readable() {
  co_await descriptor_.async_wait(descriptor::wait_read, asio::use_awaitable);
}

awaitable<> readiness::writable() {
  co_await descriptor_.async_wait(descriptor::wait_write, asio::use_awaitable);
}

awaitable<> readiness::either() {
  // Readiness carries no value, so nothing is lost when both sides are done at once.
  auto [order, read, write] = co_await asio::experimental::make_parallel_group(
                                  descriptor_.async_wait(descriptor::wait_read, asio::deferred),
                                  descriptor_.async_wait(descriptor::wait_write, asio::deferred))
                                  .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (read && write) throw boost::system::system_error{order[0] == 0 ? read : write};
}

}  // namespace weir::async
