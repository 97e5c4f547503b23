#pragma once

#include <base/clock.hpp>
#include <base/lsn.hpp>

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir::pgoutput {

/// PostgreSQL counts microseconds from 2000-01-01 00:00:00 UTC.
inline constexpr std::uint64_t microseconds_to_2000 = 946'684'800'000'000;

/// Reads one message from front to back; every step knows how many bytes are left. A message that is not what
/// it should be ends the session with a sentence that names it.
class reader {
 public:
  /// `name` is the message's kind for people, like "insert message ('I')".
  reader(std::string_view message, lsn at, const char* name)
      : begin_(message.data()), here_(begin_), end_(begin_ + message.size()), at_(at), name_(name) {}

  void rename(const char* name) { name_ = name; }
  [[nodiscard]] lsn at() const { return at_; }

  [[nodiscard]] std::uint8_t byte(const char* what) { return number<std::uint8_t>(what); }
  [[nodiscard]] char letter(const char* what) { return static_cast<char>(byte(what)); }

  template <std::unsigned_integral Number>
  [[nodiscard]] Number number(const char* what) {
    if (left() < sizeof(Number)) refuse_short(what, sizeof(Number));
    Number value = 0;
    std::memcpy(&value, here_, sizeof(Number));
    here_ += sizeof(Number);
    if constexpr (sizeof(Number) == 2) return __builtin_bswap16(value);
    if constexpr (sizeof(Number) == 4) return __builtin_bswap32(value);
    if constexpr (sizeof(Number) == 8) return __builtin_bswap64(value);
    return value;
  }

  [[nodiscard]] lsn position(const char* what) { return lsn{number<std::uint64_t>(what)}; }

  [[nodiscard]] wall_time time(const char* what) {
    // Unsigned: a damaged time stamp must not overflow.
    const auto since_1970 = number<std::uint64_t>(what) + microseconds_to_2000;
    return wall_time{std::chrono::microseconds{static_cast<std::int64_t>(since_1970)}};
  }

  [[nodiscard]] std::string_view text(const char* what, std::uint32_t size) {
    if (left() < size) refuse_short(what, size);
    const std::string_view all{here_, size};
    here_ += size;
    return all;
  }

  /// Up to the next zero byte.
  [[nodiscard]] std::string_view c_string(const char* what) {
    const auto* stop = static_cast<const char*>(std::memchr(here_, '\0', left()));
    if (stop == nullptr) refuse_short(what, left() + 1);
    const std::string_view all{here_, stop};
    here_ = stop + 1;
    return all;
  }

  [[nodiscard]] std::string_view rest() { return text("the rest", static_cast<std::uint32_t>(left())); }

  void expect_end() {
    if (here_ != end_) refuse_long();
  }

  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - here_); }

  /// Throws weir::failure (corrupt, "protocol"). `why` goes on after "... at offset N: ".
  [[noreturn]] void refuse(std::string_view why) const;

 private:
  [[noreturn]] void refuse_short(const char* what, std::size_t needed) const;
  [[noreturn]] void refuse_long() const;

  static_assert(std::endian::native == std::endian::little, "the wire is big-endian; numbers are swapped");

  const char* begin_;
  const char* here_;
  const char* end_;
  lsn at_;
  const char* name_;
};

}  // namespace weir::pgoutput
