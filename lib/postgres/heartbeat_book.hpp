#pragma once

#include <base/clock.hpp>
#include <base/lsn.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::postgres {

/// How the heartbeats of this process fare, for /status and metrics.
struct heartbeat_view {
  std::uint64_t sent = 0;
  std::uint64_t returned = 0;
  std::uint64_t late = 0;    ///< out for longer than the bound; one that returns after all counts there, too
  std::uint64_t missed = 0;  ///< the stream passed their place without them
  std::uint64_t failed = 0;  ///< could not be written
  std::optional<std::chrono::microseconds> round_trip;  ///< of the last one that returned
  std::optional<steady_time> out_since;                 ///< of the one that is out
  bool is_late = false;                                 ///< the one that is out
  bool is_missed = false;                               ///< the last one; until one returns
  std::string problem;                                  ///< why none can be written; empty: they can
};

/// Decides when a heartbeat is written, and judges whether it comes back. At most one is out. Pure.
///
/// A heartbeat counts as missed only when the stream is past the end of its transaction: rows come in the order
/// of their commits, so nothing that lies behind that end is sent before it.
class heartbeat_book {
 public:
  /// `own` tells the heartbeats of this process from those of others. Late after `bound`.
  heartbeat_book(std::string own, steady_clock::duration interval, steady_clock::duration bound)
      : own_(std::move(own)), interval_(interval), bound_(bound) {}

  /// A run begins: what is out may lie before it, and counts for nothing.
  void begin_run(steady_time now);
  /// The stream brought a transaction: it lives, so the next heartbeat is due an interval later.
  void on_commit(steady_time now) { last_ = std::max(last_, now); }

  [[nodiscard]] bool is_due(steady_time now) const { return now >= next(); }
  /// When `is_due` or `is_late` may change by time alone.
  [[nodiscard]] steady_time next() const;

  /// The content of the heartbeat that is written now; it may return before `wrote` is told.
  [[nodiscard]] std::string write(steady_time now);
  /// It is committed, and `end` lies behind it.
  void wrote(lsn end) { end_ = end; }
  /// It could not be written, or nobody knows whether it was.
  void failed(steady_time now, std::string why);

  /// A heartbeat came through the stream, of whomever. True when it is the one that is out.
  bool returned(std::string_view content, steady_time now);
  enum class verdict_of_look : std::uint8_t { fine, turned_late, turned_missed };
  /// `passed`: how far the stream is. Each turn is told once.
  verdict_of_look look(steady_time now, lsn passed);

  [[nodiscard]] const heartbeat_view& seen() const { return seen_; }

 private:
  [[nodiscard]] std::string content() const;

  std::string own_;
  steady_clock::duration interval_;
  steady_clock::duration bound_;
  std::uint64_t number_ = 0;
  steady_time last_{};  ///< commit, or heartbeat that was written
  lsn end_;
  heartbeat_view seen_;
};

}  // namespace weir::postgres
