#include <pgoutput/feedback.hpp>
#include <pgoutput/reader.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace weir::pgoutput {
namespace {

template <class Number>
char* put(char* at, Number value) {
  if constexpr (sizeof(Number) == 8) value = __builtin_bswap64(value);
  std::memcpy(at, &value, sizeof(Number));
  return at + sizeof(Number);
}

}  // namespace

std::array<char, size_of_status> encode(const status& what, wall_time now) {
  std::array<char, size_of_status> bytes{};
  auto* at = put(bytes.data(), 'r');
  at = put(at, what.write.value());
  at = put(at, what.flush.value());
  at = put(at, what.flush.value());  // apply: what is stored is applied, too
  at = put(at, static_cast<std::uint64_t>(now.time_since_epoch().count()) - microseconds_to_2000);
  put(at, what.reply_requested ? '\1' : '\0');
  return bytes;
}

std::chrono::milliseconds interval_of_status(std::chrono::milliseconds wal_sender_timeout) {
  using namespace std::chrono_literals;
  constexpr std::chrono::milliseconds longest = 10s;
  constexpr std::chrono::milliseconds shortest = 100ms;
  if (wal_sender_timeout <= 0ms) return longest;
  return std::clamp(wal_sender_timeout / 3, shortest, longest);
}

feedback::feedback(std::chrono::milliseconds interval, steady_time now)
    : interval_(interval), last_sent_(now), last_data_(now), last_question_(now) {}

void feedback::on_data(lsn start, steady_time now) {
  received_ = std::max(received_, start);
  last_data_ = now;
}

void feedback::on_keep_alive(lsn wal_end, bool reply_requested) {
  received_ = std::max(received_, wal_end);
  is_asked_ = is_asked_ || reply_requested;
  is_waiting_ = false;
}

void feedback::stored(lsn at) { stored_ = std::max(stored_, at); }

/// While an answer is out the question is not repeated before the next status by timer: a connection that is
/// not read because of backpressure must not fill up with answers.
steady_time feedback::next_question() const {
  if (is_waiting_) return last_sent_ + interval_;
  return std::max(last_data_, last_question_) + idle_after;
}

std::optional<status> feedback::due(steady_time now) {
  if (now < next_due()) return std::nullopt;
  auto next = current();
  next.reply_requested = std::exchange(wants_answer_, false) || now >= next_question();
  if (next.reply_requested) {
    last_question_ = now;
    is_waiting_ = true;
  }
  told_ = next.flush;
  is_asked_ = false;
  last_sent_ = now;
  return next;
}

steady_time feedback::next_due() const {
  if (is_asked_ || wants_answer_ || flush() > told_) return last_sent_;
  return std::min(last_sent_ + interval_, next_question());
}

status feedback::current() const {
  return {.write = std::max(received_, flush()), .flush = flush(), .reply_requested = false};
}

}  // namespace weir::pgoutput
