#pragma once

#include <base/clock.hpp>
#include <base/size.hpp>

#include <chrono>
#include <optional>

namespace weir::postgres {

/// How a backlog is read. A walsender sends each message by itself, and one that its reader keeps up with pays
/// for a packet and a wake-up with each. While the window is closed its messages coalesce instead. So the
/// window is small, and the reader stays a little behind: after each read it rests until a full read's worth is
/// there again. Who takes longer than that to use up what it read does not rest at all; a quiet stream is read
/// at once.
///
/// How long that is depends on the machine, the link and the rows, so it is found out: reads that are full make
/// the cycle shorter, reads that are not make it longer. Pure: it neither sleeps nor reads a clock.
class pacing {
 public:
  using duration = std::chrono::nanoseconds;
  /// From one read to the next while there is a backlog.
  static constexpr duration shortest_cycle = std::chrono::microseconds{50};
  static constexpr duration longest_cycle = std::chrono::milliseconds{1};

  /// The window that suits the link: fixed and small where the round trip is too short for it to choke the
  /// link; none (the kernel's own tuning) on longer links, whose network cards coalesce anyway, and on Unix
  /// sockets.
  [[nodiscard]] static std::optional<bytes> window_for(std::optional<std::chrono::microseconds> round_trip);

  explicit pacing(bytes window);

  /// What one read brought, `size` bytes, is used up at `now`. How long to rest before the next one; zero: read
  /// now, and when nothing is there wait for the socket.
  [[nodiscard]] duration pause_after(steady_time now, bytes size);

 private:
  [[nodiscard]] bool is_backlog(steady_time now, bytes size);
  void learn(double size);

  bytes window_;
  steady_time since_{};  ///< of the bytes that are being counted for the rate
  bytes counted_ = 0;
  bool is_backlog_ = false;
  double full_read_;  ///< what a read brings at most, as far as is known
  duration cycle_ = shortest_cycle;
  steady_time last_read_{};
};

}  // namespace weir::postgres
