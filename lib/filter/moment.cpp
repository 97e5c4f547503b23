#include <filter/moment.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace weir::filter {

namespace {

constexpr std::int64_t nanos_per_second = 1'000'000'000;
constexpr std::int64_t nanos_per_milli = 1'000'000;

/// 0001-01-01 00:00:00 and 9999-12-31 23:59:59, in seconds since 1970: what google.protobuf.Timestamp holds.
constexpr std::int64_t first_second = -62'135'596'800;
constexpr std::int64_t last_second = 253'402'300'799;

bool is_infinite(const value& of) { return of.integer == infinite_future || of.integer == infinite_past; }

bool is_in_range(std::int64_t seconds) { return seconds >= first_second && seconds <= last_second; }

cctz::civil_second civil_time(const value& of, const cctz::time_zone& zone) {
  return cctz::convert(cctz::time_point<cctz::seconds>(cctz::seconds(of.integer)), zone);
}

/// Digits after the point, none when there are none and no zero at the end.
std::string fraction(std::uint32_t nanoseconds) {
  if (nanoseconds == 0) return {};
  std::string digits = fmt::format(".{:09}", nanoseconds);
  digits.erase(digits.find_last_not_of('0') + 1);
  return digits;
}

int days_from_sunday(cctz::weekday day) {
  return (static_cast<int>(day) - static_cast<int>(cctz::weekday::sunday) + 7) % 7;
}

}  // namespace

value timestamp_from_seconds(std::int64_t seconds) {
  return is_in_range(seconds) ? timestamp(seconds, 0) : error(fault::out_of_range);
}

std::optional<std::string> timestamp_text(const value& of) {
  if (!is_in_range(of.integer)) return {};
  const auto at = civil_time(of, cctz::utc_time_zone());
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", at.year(), at.month(), at.day(), at.hour(),
                     at.minute(), at.second(), fraction(of.extra));
}

std::string duration_text(std::int64_t nanoseconds) {
  const bool is_negative = nanoseconds < 0;
  const auto magnitude =
      is_negative ? 0 - static_cast<std::uint64_t>(nanoseconds) : static_cast<std::uint64_t>(nanoseconds);
  return fmt::format("{}{}{}s", is_negative ? "-" : "", magnitude / nanos_per_second,
                     fraction(static_cast<std::uint32_t>(magnitude % nanos_per_second)));
}

value add(const value& at, std::int64_t nanoseconds) {
  if (is_infinite(at)) return error(fault::out_of_range);
  std::int64_t seconds = nanoseconds / nanos_per_second;
  std::int64_t nanos = nanoseconds % nanos_per_second + at.extra;
  if (nanos < 0) {
    nanos += nanos_per_second;
    --seconds;
  } else if (nanos >= nanos_per_second) {
    nanos -= nanos_per_second;
    ++seconds;
  }
  if (__builtin_add_overflow(at.integer, seconds, &seconds) || !is_in_range(seconds))
    return error(fault::out_of_range);
  return timestamp(seconds, static_cast<std::uint32_t>(nanos));
}

value between(const value& from, const value& to) {
  if (is_infinite(from) || is_infinite(to)) return error(fault::out_of_range);
  std::int64_t result = 0;
  const std::int64_t nanos = std::int64_t{to.extra} - std::int64_t{from.extra};
  if (__builtin_sub_overflow(to.integer, from.integer, &result) ||
      __builtin_mul_overflow(result, nanos_per_second, &result) ||
      __builtin_add_overflow(result, nanos, &result)) {
    return error(fault::overflow);
  }
  return duration(result);
}

value field_of_timestamp(const value& of, clock_field field, const cctz::time_zone& zone) {
  if (is_infinite(of)) return error(fault::out_of_range);
  const auto at = civil_time(of, zone);
  switch (field) {
    case clock_field::full_year:
      return integer(at.year());
    case clock_field::month:
      return integer(at.month() - 1);
    case clock_field::day_of_year:
      return integer(cctz::get_yearday(cctz::civil_day(at)) - 1);
    case clock_field::day_of_month:
      return integer(at.day() - 1);
    case clock_field::date:
      return integer(at.day());
    case clock_field::day_of_week:
      return integer(days_from_sunday(cctz::get_weekday(cctz::civil_day(at))));
    case clock_field::hours:
      return integer(at.hour());
    case clock_field::minutes:
      return integer(at.minute());
    case clock_field::seconds:
      return integer(at.second());
    case clock_field::milliseconds:
      return integer(of.extra / nanos_per_milli);
  }
  return error(fault::wrong_kind);
}

value field_of_duration(std::int64_t nanoseconds, clock_field field) {
  constexpr std::int64_t seconds_per_minute = 60;
  constexpr std::int64_t seconds_per_hour = 3600;
  const std::int64_t seconds = nanoseconds / nanos_per_second;
  switch (field) {
    case clock_field::hours:
      return integer(seconds / seconds_per_hour);
    case clock_field::minutes:
      return integer(seconds / seconds_per_minute);
    case clock_field::seconds:
      return integer(seconds);
    case clock_field::milliseconds:
      return integer(nanoseconds % nanos_per_second / nanos_per_milli);
    case clock_field::full_year:
    case clock_field::month:
    case clock_field::day_of_year:
    case clock_field::day_of_month:
    case clock_field::date:
    case clock_field::day_of_week:
      break;
  }
  return error(fault::wrong_kind);
}

}  // namespace weir::filter
