#include <encode/interval.hpp>
#include <encode/json_text.hpp>
#include <encode/number_text.hpp>
#include <encode/schema_of.hpp>

#include <array>
#include <charconv>
#include <limits>

namespace weir::encode {

namespace {

using kind = connect_schema::kind;

struct interval {
  std::int64_t years = 0;
  std::int64_t months = 0;
  std::int64_t days = 0;
  std::int64_t hours = 0;  ///< those and smaller ones have one sign
  std::int64_t minutes = 0;
  std::int64_t seconds = 0;
  std::int64_t micros = 0;
  bool is_negative_clock = false;
};

bool take_number(std::string_view& text, std::int64_t& into) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto read = std::from_chars(text.data(), text.data() + text.size(), into);
  if (read.ec != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return true;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

/// ` year`, ` mons` and so on after their number.
bool take_unit(std::string_view& text, std::int64_t number, interval& into) {
  if (take(text, " year")) {
    into.years = number;
  } else if (take(text, " mon")) {
    into.months = number;
  } else if (take(text, " day")) {
    into.days = number;
  } else {
    return false;
  }
  take(text, "s");
  return text.empty() || take(text, " ");
}

/// `-03:04:05.678901`, at the end.
bool take_clock(std::string_view text, interval& into) {
  into.is_negative_clock = take(text, "-");
  if (!into.is_negative_clock) take(text, "+");
  if (text.starts_with('-')) return false;
  if (!take_number(text, into.hours) || !take(text, ":") || !take_number(text, into.minutes) ||
      !take(text, ":") || !take_number(text, into.seconds)) {
    return false;
  }
  if (!take(text, ".")) return text.empty();
  std::size_t digits = 0;
  for (; !text.empty() && is_digit(text.front()) && digits < 6; ++digits) {
    into.micros = into.micros * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  for (std::size_t missing = digits; missing < 6; ++missing) into.micros *= 10;
  return digits != 0 && text.empty();
}

bool read(std::string_view text, interval& into) {
  if (text.empty()) return false;
  while (!text.empty()) {
    std::string_view rest = text;
    std::int64_t number = 0;
    if (!take_number(rest, number)) return take_clock(text, into);
    if (!take_unit(rest, number, into)) return take_clock(text, into);
    text = rest;
  }
  return true;
}

bool is_infinite(std::string_view text) { return text == "infinity" || text == "-infinity"; }

std::int64_t bound(bool is_negative) {
  return is_negative ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

template <bool Saturates>
bool write_numeric(text_buffer& to, std::string_view text, const cell&) {
  if (is_infinite(text)) {
    append_number(to, bound(text.starts_with('-')));
    return true;
  }
  interval given;
  if (!read(text, given)) return false;
  using wide = __int128;
  constexpr wide micros_per_second = 1'000'000;
  constexpr wide seconds_per_month = 2'629'800;  // 365.25 / 12 days
  const wide clock =
      (wide{given.hours} * 3600 + wide{given.minutes} * 60 + given.seconds) * micros_per_second + given.micros;
  const wide micros = (wide{given.years} * 12 + given.months) * seconds_per_month * micros_per_second +
                      wide{given.days} * 86'400 * micros_per_second +
                      (given.is_negative_clock ? -clock : clock);
  const bool fits = micros >= wide{bound(true)} && micros <= wide{bound(false)};
  if (!fits && !Saturates) return false;
  append_number(to, fits ? static_cast<std::int64_t>(micros) : bound(micros < 0));
  return true;
}

/// Each part of the clock has the sign of its own, and a zero has none.
void append_part(text_buffer& to, std::int64_t number, bool is_negative, std::string_view unit) {
  if (is_negative && number != 0) to.append("-");
  append_number(to, number);
  to.append(unit);
}

void append_seconds(text_buffer& to, const interval& of) {
  if (of.is_negative_clock && (of.seconds != 0 || of.micros != 0)) to.append("-");
  append_number(to, of.seconds);
  if (of.micros == 0) return;
  std::array<char, 7> fraction{'.'};
  std::int64_t rest = of.micros;
  for (std::size_t i = 6; i > 0; --i) {
    fraction[i] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  std::string_view shown(fraction.data(), fraction.size());
  while (shown.ends_with('0')) shown.remove_suffix(1);
  to.append(shown);
}

bool write_string(text_buffer& to, std::string_view text, const cell&) {
  if (is_infinite(text)) {
    append_quoted(to, text);
    return true;
  }
  interval given;
  if (!read(text, given)) return false;
  to.append("\"P");
  append_part(to, given.years, false, "Y");
  append_part(to, given.months, false, "M");
  append_part(to, given.days, false, "DT");
  append_part(to, given.hours, given.is_negative_clock, "H");
  append_part(to, given.minutes, given.is_negative_clock, "M");
  append_seconds(to, given);
  to.append("S\"");
  return true;
}

}  // namespace

cell interval_cell(const value_modes& modes) {
  switch (modes.intervals) {
    case interval_mode::numeric: {
      cell made{modes.is_debezium ? write_numeric<true> : write_numeric<false>, "an interval in microseconds"};
      made.schema = schema_of(kind::int64, "io.debezium.time.MicroDuration");
      made.fallback = "0";
      return made;
    }
    case interval_mode::string:
      break;
  }
  cell made{write_string, "interval"};
  made.schema = schema_of(kind::string, "io.debezium.time.Interval");
  made.fallback = "\"P0Y0M0DT0H0M0S\"";
  return made;
}

}  // namespace weir::encode
