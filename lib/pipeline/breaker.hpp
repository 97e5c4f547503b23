#pragma once

#include <base/backoff.hpp>
#include <base/clock.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::pipeline {

/// A target's breaker. Open while the sink cannot be reached or reports nothing although records are out (a
/// frozen broker sends no event at all): then nothing is offered and only a probe goes out now and then. An
/// answer to the probe half-opens it, a good report closes it. Pure: takes `now`.
class breaker {
 public:
  enum class state : std::uint8_t { closed, open, half_open };

  /// `stall_after`: how long records may be out without any report. Probes wait between `probe_min` and
  /// `probe_max`.
  breaker(steady_clock::duration stall_after, std::chrono::milliseconds probe_min,
          std::chrono::milliseconds probe_max)
      : stall_after_(stall_after), probes_(probe_min, probe_max) {}

  void on_good_report(steady_time now);
  void on_unreachable(steady_time now, std::string_view why);
  void on_reachable(steady_time now);
  /// Called every now and then. `outstanding`: records out. True when a probe is due: send it.
  [[nodiscard]] bool tick(steady_time now, std::size_t outstanding);
  /// A new handle has nothing out: what was counted for the old one does not count.
  void on_new_handle(steady_time now) { last_report_ = now; }

  [[nodiscard]] state is() const { return state_; }
  [[nodiscard]] bool lets_through() const { return state_ != state::open; }
  /// Why it opened, for people; empty while closed.
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] std::uint64_t opened_times() const { return opened_times_; }
  /// The last report that said "delivered", or the last moment when nothing was out.
  [[nodiscard]] steady_time last_progress() const { return last_report_; }
  [[nodiscard]] steady_time next_probe() const { return next_probe_; }

 private:
  void open(steady_time now, std::string_view why);

  steady_clock::duration stall_after_;
  backoff probes_;
  state state_ = state::closed;
  std::string why_;
  steady_time last_report_{};
  steady_time next_probe_{};
  std::uint64_t opened_times_ = 0;
};

[[nodiscard]] const char* to_string(breaker::state is);

}  // namespace weir::pipeline
