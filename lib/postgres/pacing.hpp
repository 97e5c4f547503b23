#pragma once

#include <base/clock.hpp>
#include <base/size.hpp>

#include <chrono>
#include <cstddef>
#include <optional>

namespace weir::postgres {

/// How a backlog is read in large gulps. A walsender sends each message by itself; a reader that wakes for each
/// makes both sides pay for it. With a small window the server's messages coalesce while it is closed, so: take
/// all that is there, let about one window fill, take it again. A quiet stream is read at once.
///
/// Pure: it neither sleeps nor reads a clock.
class pacing {
 public:
  using duration = steady_clock::duration;

  /// The window that suits the link: fixed and small where the round trip is short enough that it cannot choke
  /// the link, none (the kernel's own tuning) on long links and Unix sockets.
  [[nodiscard]] static std::optional<int> window_for(std::optional<std::chrono::microseconds> round_trip);

  explicit pacing(bytes window) : window_(window) {}

  /// A gulp ended: the socket was found empty after `size` bytes. Returns how long to wait before the next one;
  /// zero: wait for the socket and read at once.
  [[nodiscard]] duration pause_after(steady_time now, bytes size);

 private:
  bytes window_;
  steady_time last_{};
  double rate_ = 0;  ///< bytes per second while there is a backlog, smoothed
};

}  // namespace weir::postgres
