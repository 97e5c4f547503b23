#pragma once

#include <async/async.hpp>
#include <base/clock.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace weir::kafka {

/// An eventfd on the loop: librdkafka writes to it when a queue goes from empty to one event, and we when there
/// is something to do. Non-blocking, since the library writes while it holds the queue's lock.
class wakeup {
 public:
  explicit wakeup(async::executor on);

  [[nodiscard]] int descriptor() { return event_.native_handle(); }
  /// Wakes the waiter from the loop itself.
  void ring() noexcept;
  /// To be called before the queues are drained: what comes later rings again.
  void clear() noexcept;

  /// Ends when it rings or at `until`; throws operation_aborted when cancelled.
  async::awaitable<> wait(steady_time until);

 private:
  boost::asio::posix::stream_descriptor event_;
  boost::asio::steady_timer timer_;
};

}  // namespace weir::kafka
