#include <encode/temporal_text.hpp>

#include <array>
#include <charconv>
#include <cstring>

namespace weir::encode {

namespace {

bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

unsigned days_of_month(std::int64_t year, unsigned month) {
  constexpr std::array<unsigned, 13> days{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month];
}

}  // namespace

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

// The year begins in March, so that the leap day is its last.
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

}  // namespace weir::encode
