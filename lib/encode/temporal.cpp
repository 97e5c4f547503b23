#include <encode/json_text.hpp>
#include <encode/temporal.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>

namespace weir::encode {

namespace {

constexpr std::int64_t micros_per_second = 1'000'000;
constexpr std::int64_t micros_per_day = 86'400 * micros_per_second;
constexpr std::size_t most_fraction_digits = 6;

constexpr std::string_view infinity = "infinity";
constexpr std::string_view minus_infinity = "-infinity";

/// pgjdbc's markers, as Debezium prints them in microseconds since 1970; consumers know these two numbers.
constexpr std::int64_t infinity_micros = 9'223'372'036'825'200'000;
constexpr std::int64_t minus_infinity_micros = -9'223'372'036'832'400'000;

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

bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

unsigned days_of_month(std::int64_t year, unsigned month) {
  constexpr std::array<unsigned, 13> days{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month];
}

/// Without the era, which ends the text: `close_date` adds it.
bool read_date(cursor& in, civil_date& into) {
  constexpr std::size_t longest_year = 7;  // 5874897
  if (in.digits(longest_year, into.year).size() < 4) return false;
  return in.skip("-") && in.two_digits(into.month) && in.skip("-") && in.two_digits(into.day);
}

bool close_date(cursor& in, civil_date& date) {
  if (date.year == 0) return false;
  if (in.skip(" BC")) date.year = 1 - date.year;
  return in.at_end() && date.month >= 1 && date.month <= 12 && date.day >= 1 &&
         date.day <= days_of_month(date.year, date.month);
}

bool read_clock(cursor& in, clock_reading& into) {
  const char* const begin = in.rest().data();
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  if (!in.two_digits(hour) || !in.skip(":") || !in.two_digits(minute) || !in.skip(":") ||
      !in.two_digits(second)) {
    return false;
  }
  into.until_second = {begin, 8};
  std::int64_t fraction = 0;
  if (in.skip(".")) {
    into.fraction = in.digits(most_fraction_digits, fraction);
    if (into.fraction.empty()) return false;
    for (std::size_t missing = into.fraction.size(); missing < most_fraction_digits; ++missing) fraction *= 10;
  }
  into.micros = (std::int64_t{hour} * 3600 + minute * 60 + second) * micros_per_second + fraction;
  return minute < 60 && second < 60 && into.micros <= micros_per_day;
}

/// Proleptic Gregorian, for all years that fit; the year begins in March, so that the leap day is its last.
std::int64_t days_since_1970(const civil_date& date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month_from_march = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  constexpr std::int64_t days_per_era = 146'097;
  constexpr std::int64_t days_from_year_0_to_1970 = 719'468;
  return era * days_per_era + day_of_era - days_from_year_0_to_1970;
}

bool write_date(text_buffer& to, std::string_view text) {
  if (text == infinity) {
    append_number(to, std::numeric_limits<std::int32_t>::max());
    return true;
  }
  if (text == minus_infinity) {
    append_number(to, std::numeric_limits<std::int32_t>::min());
    return true;
  }
  cursor in(text);
  civil_date date;
  if (!read_date(in, date) || !close_date(in, date)) return false;
  append_number(to, days_since_1970(date));
  return true;
}

/// `Micros` is how many microseconds the column's unit has. A text that is finer than the unit is not of this
/// column.
template <std::int64_t Micros>
bool append_in_unit(text_buffer& to, std::int64_t days, std::int64_t micros) {
  std::int64_t units = 0;
  if (micros % Micros != 0 || __builtin_mul_overflow(days, micros_per_day / Micros, &units) ||
      __builtin_add_overflow(units, micros / Micros, &units)) {
    return false;
  }
  append_number(to, units);
  return true;
}

template <std::int64_t Micros>
bool write_time(text_buffer& to, std::string_view text) {
  cursor in(text);
  clock_reading clock;
  return read_clock(in, clock) && in.at_end() && append_in_unit<Micros>(to, 0, clock.micros);
}

template <std::int64_t Micros>
bool write_timestamp(text_buffer& to, std::string_view text) {
  if (text == infinity || text == minus_infinity) {
    return append_in_unit<Micros>(to, 0, text == infinity ? infinity_micros : minus_infinity_micros);
  }
  cursor in(text);
  civil_date date;
  clock_reading clock;
  if (!read_date(in, date) || !in.skip(" ") || !read_clock(in, clock) || !close_date(in, date)) return false;
  return append_in_unit<Micros>(to, days_since_1970(date), clock.micros);
}

char* write_bytes(char* out, std::string_view bytes) {
  std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

char* write_year(char* out, std::int64_t year) {
  constexpr std::int64_t last_unsigned_year = 9999;
  constexpr std::size_t longest_year = 7;
  if (year < 0) *out++ = '-';
  if (year > last_unsigned_year) *out++ = '+';
  const std::int64_t magnitude = year < 0 ? -year : year;
  for (std::int64_t least = 1000; least > 1 && magnitude < least; least /= 10) *out++ = '0';
  return std::to_chars(out, out + longest_year, magnitude).ptr;
}

template <std::size_t Digits>
bool write_timestamp_with_time_zone(text_buffer& to, std::string_view text) {
  if (text == infinity || text == minus_infinity) {
    append_string(to, text);
    return true;
  }
  cursor in(text);
  civil_date date;
  clock_reading clock;
  if (!read_date(in, date)) return false;
  const std::string_view month_and_day(in.rest().data() - 6, 6);  // -MM-DD
  if (!in.skip(" ") || !read_clock(in, clock) || !in.skip("+00") || !close_date(in, date)) return false;
  constexpr std::size_t longest = sizeof "\"+5874897-12-31T23:59:59.999999Z\"";
  char* out = to.room(longest);
  *out++ = '"';
  out = write_bytes(write_year(out, date.year), month_and_day);
  *out++ = 'T';
  out = write_bytes(out, clock.until_second);
  if (const std::size_t width = std::max(Digits, clock.fraction.size()); width != 0) {
    *out++ = '.';
    out = write_bytes(out, clock.fraction);
    for (std::size_t digit = clock.fraction.size(); digit < width; ++digit) *out++ = '0';
  }
  *out++ = 'Z';
  *out++ = '"';
  to.take(out);
  return true;
}

/// Precision is the modifier itself for the types of time; -1 means the most there is.
bool is_in_millis(std::int32_t precision) { return precision >= 0 && precision <= 3; }

}  // namespace

cell date_cell() { return {write_date, "date", {}}; }

cell time_cell(std::int32_t precision) {
  return {is_in_millis(precision) ? write_time<1000> : write_time<1>, "time", {}};
}

cell timestamp_cell(std::int32_t precision) {
  return {is_in_millis(precision) ? write_timestamp<1000> : write_timestamp<1>, "timestamp", {}};
}

cell timestamp_with_time_zone_cell(std::int32_t precision) {
  constexpr std::array<cell::writer, most_fraction_digits + 1> writers{
      write_timestamp_with_time_zone<0>, write_timestamp_with_time_zone<1>, write_timestamp_with_time_zone<2>,
      write_timestamp_with_time_zone<3>, write_timestamp_with_time_zone<4>, write_timestamp_with_time_zone<5>,
      write_timestamp_with_time_zone<6>};
  const bool is_given = precision >= 0 && precision < static_cast<std::int32_t>(writers.size());
  return {is_given ? writers[static_cast<std::size_t>(precision)] : writers.back(), "timestamptz", {}};
}

}  // namespace weir::encode
