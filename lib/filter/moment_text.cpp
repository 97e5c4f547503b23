#include <filter/moment.hpp>

#include <algorithm>
#include <array>

namespace weir::filter {

namespace {

constexpr std::int64_t nanos_per_second = 1'000'000'000;
constexpr std::int64_t seconds_per_minute = 60;
constexpr std::int64_t seconds_per_hour = 3600;
constexpr std::int64_t seconds_per_day = 86'400;

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

/// Reads what it is asked for and stops; every step says whether it was there.
class cursor {
 public:
  explicit cursor(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  bool skip(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  /// Between `least` and `most` digits, as many as there are.
  bool number(std::size_t least, std::size_t most, std::int64_t& into) {
    std::size_t count = 0;
    for (into = 0; count < rest_.size() && count < most && is_digit(rest_[count]); ++count)
      into = into * 10 + (rest_[count] - '0');
    rest_.remove_prefix(count);
    return count >= least;
  }

  bool two(std::int64_t& into) { return number(2, 2, into); }

  /// The digits after a point, as nanoseconds. No point: zero.
  bool fraction(std::int64_t& nanoseconds) {
    nanoseconds = 0;
    if (!skip(".")) return true;
    constexpr std::size_t most = 9;
    const std::size_t before = rest_.size();
    if (!number(1, most, nanoseconds)) return false;
    for (std::size_t digit = before - rest_.size(); digit < most; ++digit) nanoseconds *= 10;
    return true;
  }

 private:
  std::string_view rest_;
};

struct calendar_date {
  std::int64_t year = 0, month = 0, day = 0;

  [[nodiscard]] bool exists() const {
    if (month < 1 || month > 12 || day < 1 || day > 31) return false;
    return cctz::civil_day(year, month, day).day() == day;
  }
  /// Days since 1970.
  [[nodiscard]] std::int64_t days() const {
    return cctz::civil_day(year, month, day) - cctz::civil_day(1970, 1, 1);
  }
};

struct time_of_day {
  std::int64_t hour = 0, minute = 0, second = 0, nanosecond = 0;

  [[nodiscard]] std::int64_t seconds() const {
    return hour * seconds_per_hour + minute * seconds_per_minute + second;
  }
};

bool read_date(cursor& in, std::size_t longest_year, calendar_date& date) {
  return in.number(4, longest_year, date.year) && in.skip("-") && in.two(date.month) && in.skip("-") &&
         in.two(date.day);
}

bool read_time(cursor& in, time_of_day& time) {
  return in.two(time.hour) && in.skip(":") && in.two(time.minute) && in.skip(":") && in.two(time.second) &&
         in.fraction(time.nanosecond) && time.minute < 60 && time.second < 60;
}

/// `+02:00`, and with `may_be_short` also `+02`; in seconds.
bool read_offset(cursor& in, bool may_be_short, std::int64_t& offset) {
  const bool is_west = in.skip("-");
  if (!is_west && !in.skip("+")) return false;
  std::int64_t hours = 0;
  std::int64_t minutes = 0;
  std::int64_t seconds = 0;
  if (!in.two(hours) || hours >= 24) return false;
  if (in.skip(":")) {
    if (!in.two(minutes) || minutes >= 60) return false;
    if (may_be_short && in.skip(":") && (!in.two(seconds) || seconds >= 60)) return false;
  } else if (!may_be_short) {
    return false;
  }
  offset = (hours * seconds_per_hour + minutes * seconds_per_minute + seconds) * (is_west ? -1 : 1);
  return true;
}

/// In PostgreSQL's texts the longest year is 5874897.
constexpr std::size_t longest_year = 7;

bool close_date(cursor& in, calendar_date& date) {
  if (in.skip(" BC")) date.year = 1 - date.year;
  return in.at_end() && date.exists();
}

/// `infinity` and `-infinity`.
bool read_infinity(std::string_view text, value& into) {
  if (text != "infinity" && text != "-infinity") return false;
  into = timestamp(text == "infinity" ? infinite_future : infinite_past, 0);
  return true;
}

struct unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

/// The longer of two names with the same beginning comes first.
constexpr std::array<unit, 8> units{{{"ns", 1},
                                     {"us", 1'000},
                                     {"\u00b5s", 1'000},
                                     {"ms", 1'000'000},
                                     {"\u03bcs", 1'000},
                                     {"s", nanos_per_second},
                                     {"m", 60 * nanos_per_second},
                                     {"h", 3600 * nanos_per_second}}};

/// One `12.5s`, added to `total`. Digits finer than a nanosecond are cut off.
bool read_amount(cursor& in, __int128& total) {
  constexpr std::size_t longest = 18;
  std::int64_t whole = 0;
  std::int64_t part = 0;
  std::size_t before = in.rest().size();
  if (!in.number(0, longest, whole) || (!in.at_end() && is_digit(in.rest().front()))) return false;
  std::size_t digits = before - in.rest().size();
  __int128 scale = 1;
  if (in.skip(".")) {
    before = in.rest().size();
    if (!in.number(0, 9, part)) return false;
    for (std::size_t digit = before - in.rest().size(); digit > 0; --digit) scale *= 10;
    if (!in.at_end() && is_digit(in.rest().front())) {
      const auto tail = in.rest().find_first_not_of("0123456789");
      in = cursor(in.rest().substr(tail == std::string_view::npos ? in.rest().size() : tail));
    }
    digits += before - in.rest().size();
  }
  if (digits == 0) return false;
  for (const auto& each : units) {
    if (!in.skip(each.name)) continue;
    total += __int128{whole} * each.nanoseconds + __int128{part} * each.nanoseconds / scale;
    return true;
  }
  return false;
}

value checked_duration(__int128 nanoseconds) {
  if (nanoseconds > INT64_MAX || nanoseconds < INT64_MIN) return error(fault::out_of_range);
  return duration(static_cast<std::int64_t>(nanoseconds));
}

/// The part of an interval that is a time: `-01:02:03.5`, hours without a limit. Adds to `total`.
bool read_interval_time(cursor& in, __int128& total) {
  const bool is_negative = in.skip("-");
  if (!is_negative) in.skip("+");
  constexpr std::size_t most_digits_of_hours = 12;
  time_of_day time;
  if (!in.number(2, most_digits_of_hours, time.hour) || !in.skip(":") || !in.two(time.minute) ||
      !in.skip(":") || !in.two(time.second) || !in.fraction(time.nanosecond)) {
    return false;
  }
  const __int128 nanoseconds = __int128{time.seconds()} * nanos_per_second + time.nanosecond;
  total += is_negative ? -nanoseconds : nanoseconds;
  return in.at_end();
}

}  // namespace

value timestamp_from_rfc3339(std::string_view text) {
  cursor in(text);
  calendar_date date;
  time_of_day time;
  std::int64_t offset = 0;
  if (!read_date(in, 4, date) || !(in.skip("T") || in.skip("t")) || !read_time(in, time) || time.hour >= 24)
    return error(fault::bad_conversion);
  if (!in.skip("Z") && !in.skip("z") && !read_offset(in, false, offset)) return error(fault::bad_conversion);
  if (!in.at_end() || !date.exists()) return error(fault::bad_conversion);
  value made = timestamp_from_seconds(date.days() * seconds_per_day + time.seconds() - offset);
  if (!made.is_error()) made.extra = static_cast<std::uint32_t>(time.nanosecond);
  return made;
}

value duration_from_text(std::string_view text) {
  cursor in(text);
  const bool is_negative = in.skip("-");
  if (!is_negative) in.skip("+");
  if (in.rest() == "0") return duration(0);
  __int128 total = 0;
  constexpr __int128 enough = __int128{1} << 100;
  do {
    if (!read_amount(in, total)) return error(fault::bad_conversion);
    if (total > enough) return error(fault::out_of_range);
  } while (!in.at_end());
  return checked_duration(is_negative ? -total : total);
}

value timestamp_from_postgres(std::string_view text) {
  value made;
  if (read_infinity(text, made)) return made;
  cursor in(text);
  calendar_date date;
  time_of_day time;
  std::int64_t offset = 0;
  if (!read_date(in, longest_year, date) || !in.skip(" ") || !read_time(in, time))
    return error(fault::bad_column);
  if (!in.at_end() && !in.rest().starts_with(' ') && !read_offset(in, true, offset))
    return error(fault::bad_column);
  if (!close_date(in, date)) return error(fault::bad_column);
  return timestamp(date.days() * seconds_per_day + time.seconds() - offset,
                   static_cast<std::uint32_t>(time.nanosecond));
}

value date_from_postgres(std::string_view text) {
  value made;
  if (read_infinity(text, made)) return made;
  cursor in(text);
  calendar_date date;
  if (!read_date(in, longest_year, date) || !close_date(in, date)) return error(fault::bad_column);
  return timestamp(date.days() * seconds_per_day, 0);
}

value duration_from_postgres(std::string_view text) {
  cursor in(text);
  __int128 total = 0;
  while (!in.at_end()) {
    const cursor before = in;
    const bool is_negative = in.skip("-");
    if (!is_negative) in.skip("+");
    std::int64_t count = 0;
    constexpr std::size_t longest = 10;
    if (!in.number(1, longest, count)) return error(fault::bad_column);
    if (!in.at_end() && !in.rest().starts_with(' ')) {
      in = before;
      return read_interval_time(in, total) ? checked_duration(total) : error(fault::bad_column);
    }
    if (!in.skip(" day"))
      return error(in.skip(" mon") || in.skip(" year") ? fault::out_of_range : fault::bad_column);
    in.skip("s");
    if (!in.skip(" ") && !in.at_end()) return error(fault::bad_column);
    total += __int128{count} * seconds_per_day * nanos_per_second * (is_negative ? -1 : 1);
  }
  return checked_duration(total);
}

std::optional<cctz::time_zone> zone_named(std::string_view name) {
  if (name == "UTC" || name == "Z") return cctz::utc_time_zone();
  cursor in(name);
  std::int64_t offset = 0;
  if (read_offset(in, false, offset) && in.at_end()) return cctz::fixed_time_zone(cctz::seconds(offset));
  if (in = cursor(name); in.number(2, 2, offset) && in.skip(":"))  // CEL allows `02:00` for `+02:00`
    return zone_named("+" + std::string(name));
  constexpr std::size_t longest = 64;
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
  // Names become paths under the zone database, and nothing else.
  if (name.empty() || name.size() > longest || name.front() == '/' ||
      name.find_first_not_of(letters) != std::string_view::npos) {
    return {};
  }
  cctz::time_zone zone;
  if (!cctz::load_time_zone(std::string(name), &zone)) return {};
  return zone;
}

}  // namespace weir::filter
