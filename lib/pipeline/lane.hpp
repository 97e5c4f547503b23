#pragma once

#include <base/clock.hpp>
#include <event/position.hpp>
#include <event/sink.hpp>
#include <pipeline/breaker.hpp>
#include <pipeline/kept_record.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace weir::pipeline {

/// Takes what a lane's channel refuses for good.
class refusals {
 public:
  enum class fate : std::uint8_t {
    ended,  ///< the share was moved from: its story ended in some other way than delivery
    stays,  ///< the lane keeps the record at its front and halts, until `try_again`
  };
  virtual ~refusals() = default;
  virtual fate refused(const std::string& topic, const event::record& what, const event::refusal& why,
                       event::share& part) = 0;
};

/// Rows of a snapshot that are read again have new numbers, so no position tells where a search among them
/// ends.
inline constexpr event::position until_rows_are_read{UINT32_MAX, lsn{UINT64_MAX}, UINT64_MAX, UINT64_MAX};

/// The ordered way of one (target, topic). In the usual case a record goes straight through to the channel;
/// while that is busy, or the breaker is open, records queue here, copied, within the byte budget of whoever
/// puts them.
///
/// In isolation (a batch was refused and the guilty record must be found) one record is out at a time: what is
/// refused then is refused for its own sake.
class lane {
 public:
  lane(std::string topic, std::unique_ptr<event::channel> way, const breaker& gate, refusals& refused)
      : topic_(std::move(topic)), way_(std::move(way)), gate_(gate), refused_(refused) {}

  void put(const event::record& what, const event::position& at, event::share part, steady_time now);
  /// Offers what waits, as far as it goes. Called when the sink has room and when the breaker lets through
  /// again.
  void flush();
  /// A record that was refused by its report stays: at the front again, and the lane halts because of `why`.
  void put_back(const event::record& what, const event::position& at, event::share part, std::string why);
  /// The topic takes nothing from us now, which is no record's fault: what was alone on its way is at the
  /// front again, and nothing is offered until `ask_again`.
  void deny(const event::record& what, const event::position& at, event::share part, std::string why);
  /// Offers the front again, alone: its report tells whether the topic is denied still.
  void ask_again();
  /// A record was delivered.
  void allow();
  /// Offers the record that halts the lane once more.
  void try_again();
  /// One report for this lane came. True when its record was alone on the way, so that a refusal names it.
  bool reported();
  /// One record at a time up to `until`.
  void isolate(const event::position& until) { isolated_until_ = until; }
  /// The rows among which a refused one was searched are all settled.
  void rows_are_read() {
    if (isolated_until_ == until_rows_are_read) isolated_until_.reset();
  }

  [[nodiscard]] const std::string& topic() const { return topic_; }
  [[nodiscard]] std::size_t queued() const { return queue_.size(); }
  [[nodiscard]] std::size_t outstanding() const { return outstanding_; }
  /// Looked at every now and then: since when it holds something and nothing moves.
  void look(steady_time now) {
    if (is_empty() || std::exchange(has_moved_, false)) moved_at_ = now;
  }
  [[nodiscard]] steady_time moved_at() const { return moved_at_; }
  [[nodiscard]] bool is_halted() const { return !halted_because_.empty(); }
  [[nodiscard]] bool is_denied() const { return !denied_because_.empty(); }
  [[nodiscard]] bool is_isolated() const { return isolated_until_.has_value(); }
  [[nodiscard]] const std::optional<event::position>& isolated_until() const { return isolated_until_; }
  /// The newest position that was handed to the channel.
  [[nodiscard]] const event::position& last_offered() const { return last_offered_; }
  [[nodiscard]] steady_time last_used() const { return last_used_; }
  [[nodiscard]] bool is_empty() const { return queue_.empty() && outstanding_ == 0; }
  /// What it waits for, for /status; empty while nothing is queued.
  [[nodiscard]] std::string waits_for() const;

 private:
  struct queued_record {
    kept_record what;
    event::position at;
    event::share part;
    bool is_alone;
  };

  /// The channel's refusal goes to whoever decides. True when the record stays.
  bool stays(const event::record& what, event::share& part);
  void queue(const event::record& what, const event::position& at, event::share part, bool is_alone);
  [[nodiscard]] bool isolates(const event::position& at);
  void went(const event::position& at, bool is_alone);

  std::string topic_;
  std::unique_ptr<event::channel> way_;
  const breaker& gate_;
  refusals& refused_;
  std::deque<queued_record> queue_;
  std::size_t outstanding_ = 0;
  bool alone_is_out_ = false;
  bool has_moved_ = true;
  steady_time moved_at_{};
  std::string halted_because_;
  std::string denied_because_;
  bool rests_ = false;  ///< denied, and not asking
  std::optional<event::position> isolated_until_;
  event::position last_offered_;
  steady_time last_used_{};
};

}  // namespace weir::pipeline
