#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// The server's texts of dates and times (DateStyle ISO), taken apart.
namespace weir::encode {

inline constexpr std::int64_t micros_per_second = 1'000'000;
inline constexpr std::int64_t micros_per_day = 86'400 * micros_per_second;
inline constexpr std::size_t most_fraction_digits = 6;
inline constexpr std::string_view infinity = "infinity";
inline constexpr std::string_view minus_infinity = "-infinity";

[[nodiscard]] inline bool is_infinite(std::string_view text) {
  return text == infinity || text == minus_infinity;
}

/// Astronomical year: 0 is 1 BC.
struct civil_date {
  std::int64_t year = 0;
  unsigned month = 0;
  unsigned day = 0;
};

struct clock_reading {
  std::int64_t micros = 0;         ///< of the day
  std::string_view until_second;   ///< `HH:MM:SS` as it stands
  std::string_view fraction = "";  ///< its digits, without the point
};

/// Reads what it is asked for and stops; every step says whether it was there.
class cursor {
 public:
  explicit cursor(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  bool skip(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  /// All digits that follow, at most `most` of them, and their value.
  [[nodiscard]] std::string_view digits(std::size_t most, std::int64_t& value) {
    std::size_t count = 0;
    for (value = 0; count < rest_.size() && count < most && is_digit(rest_[count]); ++count) {
      value = value * 10 + (rest_[count] - '0');
    }
    const std::string_view found = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return found;
  }

  bool two_digits(unsigned& into) {
    if (rest_.size() < 2 || !is_digit(rest_[0]) || !is_digit(rest_[1])) return false;
    into = static_cast<unsigned>(rest_[0] - '0') * 10 + static_cast<unsigned>(rest_[1] - '0');
    rest_.remove_prefix(2);
    return true;
  }

  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

  std::string_view rest_;
};

/// Without the era, which ends the text: `close_date` adds it, and checks the day.
bool read_date(cursor& in, civil_date& into);
bool close_date(cursor& in, civil_date& date);

/// Up to 24:00:00.
bool read_clock(cursor& in, clock_reading& into);

/// Proleptic Gregorian, for all years that fit.
[[nodiscard]] std::int64_t days_since_1970(const civil_date& date);

/// At least four digits, signed beyond them; at most 8 bytes.
char* write_year(char* out, std::int64_t year);
char* write_bytes(char* out, std::string_view bytes);

}  // namespace weir::encode
