#pragma once

#include <base/clock.hpp>
#include <base/size.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace weir::kafka {

/// When records leave that fill no batch. The library's own lingering is one time for everybody: too long for
/// a quiet stream, and once it is over for a record that waits behind a request under way, the library polls
/// without a pause. So the library lingers for ever (a full batch leaves by itself), and this decides:
///
/// - quiet: at once, and what comes while a request is under way leaves together when that is answered;
/// - busy, when a short wait fills a good part of a batch: after that wait, for topics that have their share
///   of the stream only seldom.
///
/// Pure: it neither sleeps nor reads a clock.
class departure {
 public:
  using duration = std::chrono::nanoseconds;
  /// Busy: this time brings at least this part of a batch.
  static constexpr duration worth_waiting = std::chrono::milliseconds{5};
  static constexpr bytes parts_of_batch = 8;
  /// Of a record in a busy stream, on this side.
  static constexpr duration longest_wait = std::chrono::milliseconds{20};
  /// An order to leave may come to nothing (the broker is away, a retry is due later), so it is repeated while
  /// no answer comes.
  static constexpr duration shortest_patience = std::chrono::milliseconds{5};
  static constexpr duration longest_patience = std::chrono::milliseconds{160};

  /// What was handed to the library, and what came back, since the handle was made.
  struct progress {
    std::uint64_t taken = 0;
    std::uint64_t answered = 0;
    bytes size = 0;  ///< of all that was taken
  };
  /// When to look again; not after `now`: everything is to leave now, and `left` to be called.
  struct next_look {
    steady_time at;
    bool on_take = false;    ///< or as soon as a record is taken
    bool on_answer = false;  ///< or as soon as one is answered
  };

  explicit departure(bytes batch) : batch_(batch) {}

  [[nodiscard]] next_look look(steady_time now, const progress& so_far);
  void left(steady_time now, const progress& so_far);

 private:
  void measure(steady_time now, bytes size);

  bytes batch_;
  steady_time measured_at_{};
  bytes measured_size_ = 0;
  bool is_busy_ = false;
  std::optional<steady_time> waiting_since_;  ///< records that came after the last departure
  std::uint64_t left_ = 0;                    ///< taken before the last departure
  std::uint64_t answered_before_ = 0;         ///< the same of what was answered
  steady_time left_at_{};
  std::uint64_t answered_ = 0;
  duration patience_ = shortest_patience;
};

}  // namespace weir::kafka
