#include <encode/number_text.hpp>
#include <encode/temporal_iso.hpp>
#include <encode/temporal_text.hpp>

#include <algorithm>
#include <array>

namespace weir::encode {

namespace {

constexpr std::size_t longest_timestamp = sizeof "\"+5874897-12-31T23:59:59.999999Z\"";

template <infinity_form Form>
bool append_infinity(text_buffer& to, std::string_view text, std::string_view far_future,
                     std::string_view far_past) {
  if (Form == infinity_form::word) {
    append_quoted(to, text);
  } else {
    append_quoted(to, text == infinity ? far_future : far_past);
  }
  return true;
}

template <infinity_form Form>
bool write_iso_date(text_buffer& to, std::string_view text, const cell&) {
  // Both are what 32 bits make of PostgreSQL's marks when its days are counted from 1970 instead of 2000.
  if (is_infinite(text)) return append_infinity<Form>(to, text, "-5877611-06-21Z", "-5877611-06-22Z");
  cursor in(text);
  civil_date date;
  if (!read_date(in, date)) return false;
  const std::string_view month_and_day(in.rest().data() - 6, 6);  // -MM-DD
  if (!close_date(in, date)) return false;
  char* out = to.room(longest_timestamp);
  *out++ = '"';
  out = write_bytes(write_year(out, date.year), month_and_day);
  *out++ = 'Z';
  *out++ = '"';
  to.take(out);
  return true;
}

char* write_clock(char* out, std::string_view until_second, std::string_view fraction,
                  std::size_t least_digits) {
  out = write_bytes(out, until_second);
  if (const std::size_t width = std::max(least_digits, fraction.size()); width != 0) {
    *out++ = '.';
    out = write_bytes(out, fraction);
    for (std::size_t digit = fraction.size(); digit < width; ++digit) *out++ = '0';
  }
  *out++ = 'Z';
  return out;
}

void append_clock(text_buffer& to, std::string_view until_second, std::string_view fraction) {
  char* out = to.room(longest_timestamp);
  *out++ = '"';
  out = write_clock(out, until_second, fraction, 0);
  *out++ = '"';
  to.take(out);
}

bool write_iso_time(text_buffer& to, std::string_view text, const cell&) {
  cursor in(text);
  clock_reading clock;
  if (!read_clock(in, clock) || !in.at_end()) return false;
  append_clock(to, clock.until_second, clock.fraction);
  return true;
}

/// `+00` for what is in UTC, nothing for what has no zone.
template <std::size_t Digits>
bool append_timestamp(text_buffer& to, std::string_view text, std::string_view zone) {
  cursor in(text);
  civil_date date;
  clock_reading clock;
  if (!read_date(in, date)) return false;
  const std::string_view month_and_day(in.rest().data() - 6, 6);  // -MM-DD
  if (!in.skip(" ") || !read_clock(in, clock) || !in.skip(zone) || !close_date(in, date)) return false;
  char* out = to.room(longest_timestamp);
  *out++ = '"';
  out = write_bytes(write_year(out, date.year), month_and_day);
  *out++ = 'T';
  out = write_clock(out, clock.until_second, clock.fraction, Digits);
  *out++ = '"';
  to.take(out);
  return true;
}

template <infinity_form Form>
bool write_iso_timestamp(text_buffer& to, std::string_view text, const cell&) {
  if (is_infinite(text)) {
    return append_infinity<Form>(to, text, "+294247-01-10T04:00:25.2Z", "-290308-12-21T19:59:27.6Z");
  }
  return append_timestamp<0>(to, text, "");
}

template <std::size_t Digits>
bool write_zoned_timestamp(text_buffer& to, std::string_view text, const cell&) {
  if (is_infinite(text)) {
    append_quoted(to, text);
    return true;
  }
  return append_timestamp<Digits>(to, text, "+00");
}

/// Seconds east of UTC: `+02`, `-03:30`, `+15:59:59`.
bool read_zone(cursor& in, std::int64_t& seconds) {
  const bool is_west = in.skip("-");
  if (!is_west && !in.skip("+")) return false;
  unsigned hours = 0;
  unsigned minutes = 0;
  unsigned rest = 0;
  if (!in.two_digits(hours)) return false;
  if (in.skip(":") && !in.two_digits(minutes)) return false;
  if (in.skip(":") && !in.two_digits(rest)) return false;
  seconds = std::int64_t{hours} * 3600 + minutes * 60 + rest;
  if (is_west) seconds = -seconds;
  return in.at_end() && minutes < 60 && rest < 60;
}

void put_two_digits(char* out, std::int64_t number) {
  out[0] = static_cast<char>('0' + number / 10);
  out[1] = static_cast<char>('0' + number % 10);
}

template <bool Wraps>
bool write_zoned_time(text_buffer& to, std::string_view text, const cell&) {
  cursor in(text);
  clock_reading clock;
  std::int64_t zone = 0;
  if (!read_clock(in, clock) || !read_zone(in, zone)) return false;
  constexpr std::int64_t day = 86'400;
  std::int64_t seconds = clock.micros / micros_per_second - zone;
  const bool is_midnight_of_its_own = !Wraps && seconds == day && zone == 0;
  if (!is_midnight_of_its_own) seconds = ((seconds % day) + day) % day;
  std::array<char, 8> shown{0, 0, ':', 0, 0, ':', 0, 0};
  put_two_digits(shown.data(), seconds / 3600);
  put_two_digits(shown.data() + 3, seconds / 60 % 60);
  put_two_digits(shown.data() + 6, seconds % 60);
  append_clock(to, {shown.data(), shown.size()}, clock.fraction);
  return true;
}

}  // namespace

cell::writer iso_date_writer(infinity_form infinities) {
  return infinities == infinity_form::word ? write_iso_date<infinity_form::word>
                                           : write_iso_date<infinity_form::far_moment>;
}

cell::writer iso_time_writer() { return write_iso_time; }

cell::writer iso_timestamp_writer(infinity_form infinities) {
  return infinities == infinity_form::word ? write_iso_timestamp<infinity_form::word>
                                           : write_iso_timestamp<infinity_form::far_moment>;
}

cell::writer zoned_time_writer(bool wraps) { return wraps ? write_zoned_time<true> : write_zoned_time<false>; }

cell::writer zoned_timestamp_writer(std::size_t digits) {
  constexpr std::array<cell::writer, most_fraction_digits + 1> writers{
      write_zoned_timestamp<0>, write_zoned_timestamp<1>, write_zoned_timestamp<2>, write_zoned_timestamp<3>,
      write_zoned_timestamp<4>, write_zoned_timestamp<5>, write_zoned_timestamp<6>};
  return writers.at(digits);
}

}  // namespace weir::encode
