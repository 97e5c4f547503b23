#pragma once

#include <async/async.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

namespace weir::async {

/// Readiness of a descriptor that a C library owns. Never closes it: destruction and `reset` only let go.
/// A library that may reopen its socket (libpq while connecting) needs `reset` before and `watch` after each of
/// its calls, even when the number is the same: a registration of the old socket never fires.
class readiness {
 public:
  explicit readiness(executor on) : descriptor_(std::move(on)) {}
  ~readiness() { reset(); }
  readiness(const readiness&) = delete;
  readiness& operator=(const readiness&) = delete;

  void watch(int descriptor);
  void reset() noexcept;
  [[nodiscard]] bool is_watching() const { return descriptor_.is_open(); }

  awaitable<> readable();
  awaitable<> writable();
  awaitable<> either();

 private:
  boost::asio::posix::stream_descriptor descriptor_;
};

}  // namespace weir::async
