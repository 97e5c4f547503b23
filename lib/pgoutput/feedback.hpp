#pragma once

#include <base/clock.hpp>
#include <base/lsn.hpp>

#include <array>
#include <chrono>
#include <optional>

namespace weir::pgoutput {

/// A standby status update: what the server is told.
struct status {
  lsn write{};                   ///< received
  lsn flush{};                   ///< stored: the slot moves here; also sent as apply. Zero moves nothing
  bool reply_requested = false;  ///< the server answers with a keep-alive at once

  bool operator==(const status&) const = default;
};

inline constexpr std::size_t size_of_status = 34;

/// The bytes of the CopyData payload, 'r'.
[[nodiscard]] std::array<char, size_of_status> encode(const status& what, wall_time now);

/// How often a status goes out by itself, from the server's `wal_sender_timeout` (zero or less: switched off):
/// a third of it, at most 10 s, at least 100 ms.
[[nodiscard]] std::chrono::milliseconds interval_of_status(std::chrono::milliseconds wal_sender_timeout);

/// Decides which status is sent when. One object for one connection. It never makes up an LSN: `write` is what
/// the server sent, `flush` is what `stored` was told, and only after `verified`.
class feedback {
 public:
  /// How long the stream is silent before the server is asked where it stands.
  static constexpr std::chrono::milliseconds idle_after{1000};

  feedback(std::chrono::milliseconds interval, steady_time now);

  /// A message of the stream came. Lower LSNs than known change nothing.
  void on_data(lsn start, steady_time now);
  /// A keep-alive came.
  void on_keep_alive(lsn wal_end, bool reply_requested);
  /// Everything up to `at` is in the sink and the state store says so. Lower ones than known change nothing.
  void stored(lsn at);
  /// The slot's own position was compared with the stored one after START_REPLICATION; until then flush is
  /// zero.
  void verified() { is_verified_ = true; }

  /// The next status is due now and asks for an answer, however short the silence is.
  void ask() { wants_answer_ = true; }

  /// The status to send now, if any; counts as sent. A session that cannot send it ends.
  [[nodiscard]] std::optional<status> due(steady_time now);
  /// When `due` has something to say if nothing else happens; may be in the past.
  [[nodiscard]] steady_time next_due() const;

  /// What is true now, for the last status of a session; asks for nothing.
  [[nodiscard]] status current() const;

 private:
  [[nodiscard]] lsn flush() const { return is_verified_ ? stored_ : lsn{}; }
  [[nodiscard]] steady_time next_question() const;

  std::chrono::milliseconds interval_;
  lsn received_;
  lsn stored_;
  lsn told_;  ///< the flush of the last status
  bool is_verified_ = false;
  bool is_asked_ = false;      ///< the server waits for a status
  bool wants_answer_ = false;  ///< see ask
  bool is_waiting_ = false;    ///< our own question is not answered yet
  steady_time last_sent_;
  steady_time last_data_;
  steady_time last_question_;
};

}  // namespace weir::pgoutput
