#pragma once

#include <base/clock.hpp>
#include <base/size.hpp>

#include <chrono>
#include <optional>

namespace weir::postgres {

/// How a backlog is read in large gulps. A walsender sends each message by itself; a reader that wakes for each
/// makes both sides pay for it. While the window is closed the server's messages coalesce, so: take all that is
/// there, let about one window fill, take it again. A quiet stream is read at once.
///
/// How long a window takes to fill depends on the machine, the link and the rows, so it is found out: now and
/// then a long pause shows how much a full window holds, and the pauses between become as short as they can be
/// while most gulps are nearly that large. Pure: it neither sleeps nor reads a clock.
class pacing {
 public:
  using duration = std::chrono::nanoseconds;
  static constexpr duration shortest_pause = std::chrono::microseconds{50};
  static constexpr duration longest_pause = std::chrono::milliseconds{1};

  /// The window that suits the link: fixed and small where the round trip is too short for it to choke the
  /// link; none (the kernel's own tuning) on longer links, whose network cards coalesce anyway, and on Unix
  /// sockets.
  [[nodiscard]] static std::optional<bytes> window_for(std::optional<std::chrono::microseconds> round_trip);

  explicit pacing(bytes window) : window_(window) {}

  /// A gulp of `size` bytes ended at `now`: the socket is empty. How long to let it fill; zero: wait for the
  /// socket and read at once.
  [[nodiscard]] duration pause_after(steady_time now, bytes size);

 private:
  [[nodiscard]] bool is_backlog(steady_time now, bytes size);
  void learn(double gulp);

  bytes window_;
  steady_time since_{};  ///< of the bytes that are being counted for the rate
  bytes counted_ = 0;
  bool is_backlog_ = false;
  double capacity_ = 0;  ///< what a gulp holds after the longest pause
  duration pause_ = shortest_pause;
  int since_probe_ = 0;
  bool is_probing_ = false;
};

}  // namespace weir::postgres
