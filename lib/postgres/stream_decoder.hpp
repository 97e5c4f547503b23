#pragma once

#include <base/size.hpp>
#include <event/intake.hpp>
#include <pgoutput/decoder.hpp>
#include <pgoutput/feedback.hpp>
#include <postgres/gone_tables.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::postgres {

/// One connection's frames in, the intake's calls out, and what there is to answer. Synchronous: it knows no
/// socket and reads no clock.
class stream_decoder {
 public:
  stream_decoder(std::uint32_t timeline, bytes max_row, std::chrono::milliseconds status_interval,
                 steady_time now)
      : decoder_(timeline), feedback_(status_interval, now), max_row_(max_row) {}

  /// True for a frame that makes records: it needs room in the byte budget first.
  [[nodiscard]] static bool holds_row(std::string_view frame);

  /// Of a frame that begins a transaction: where that commits, as BEGIN announces it.
  [[nodiscard]] static std::optional<lsn> begins(std::string_view frame);
  /// No transaction that commits before `at` is open or still to come.
  [[nodiscard]] bool has_reached(lsn at) const { return !decoder_.is_in_transaction() && passed_ >= at; }
  /// The highest end that the intake was told.
  [[nodiscard]] lsn passed() const { return passed_; }

  /// Takes one frame, whole. True when a table was announced: complete `announced()`, then `adopt()`, before
  /// the next frame. Throws weir::failure: corrupt for what is not understood, permanent ("row_too_large") for
  /// a row above the limit, and whatever the intake throws.
  [[nodiscard]] bool take(std::string_view frame, event::intake& into, steady_time now);
  [[nodiscard]] event::relation& announced() { return decoder_.announced(); }
  void adopt();
  /// True now and then after `adopt`: ask the catalog which of `tables()` are gone, and tell `looked`.
  [[nodiscard]] bool wants_look() const { return gone_.wants_look(tables().size()); }
  [[nodiscard]] const pgoutput::relation_cache& tables() const { return decoder_.relations(); }
  /// As gone_tables::looked.
  void looked(std::vector<std::uint32_t> gone, lsn log_end) { gone_.looked(std::move(gone), log_end); }

  [[nodiscard]] pgoutput::feedback& feedback() { return feedback_; }
  [[nodiscard]] const pgoutput::feedback& feedback() const { return feedback_; }

  [[nodiscard]] lsn server_wal() const { return server_wal_; }
  [[nodiscard]] std::uint64_t frames() const { return frames_; }
  [[nodiscard]] std::uint64_t bytes_taken() const { return bytes_; }
  [[nodiscard]] steady_time last_message() const { return last_message_; }
  /// True once after a keep-alive: it asks for an answer, or it is the answer that the next question waits for.
  /// Either way `feedback` is due at another time than it was.
  [[nodiscard]] bool take_keep_alive() { return std::exchange(has_keep_alive_, false); }

 private:
  [[nodiscard]] bool take_data(std::string_view message, lsn at, event::intake& into);
  void pass(lsn at, event::intake& into);
  void forget_until(lsn at);
  void check_size(std::string_view message, lsn at) const;

  pgoutput::decoder decoder_;
  gone_tables gone_;
  pgoutput::feedback feedback_;
  bytes max_row_;
  lsn passed_;   ///< highest end that the intake was told
  lsn pending_;  ///< highest keep-alive inside the open transaction
  lsn server_wal_;
  std::uint64_t frames_ = 0;
  std::uint64_t bytes_ = 0;
  steady_time last_message_{};
  bool has_keep_alive_ = false;
};

}  // namespace weir::postgres
