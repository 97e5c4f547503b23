#include <encode/json_text.hpp>
#include <encode/schema_of.hpp>
#include <encode/temporal.hpp>
#include <encode/temporal_iso.hpp>
#include <encode/temporal_text.hpp>

#include <limits>
#include <string_view>

namespace weir::encode {

namespace {

using kind = connect_schema::kind;

/// pgjdbc's markers, as Debezium prints them in microseconds since 1970; consumers know these two numbers.
constexpr std::int64_t infinity_micros = 9'223'372'036'825'200'000;
constexpr std::int64_t minus_infinity_micros = -9'223'372'036'832'400'000;
/// PostgreSQL's marks for infinite dates, in days since 2000 and 32 bits.
constexpr std::int32_t infinity_days = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t minus_infinity_days = std::numeric_limits<std::int32_t>::min();
/// From 1970 to 2000, by which Debezium moves the marks as well, and overflows.
constexpr std::int32_t days_to_2000 = 10'957;

/// What happens to a value that the column's unit cannot hold.
enum class excess : bool {
  is_refused,
  is_bent  ///< as Debezium does: digits are cut, and what 64 bits do not hold is null
};

template <excess Excess>
bool write_date(text_buffer& to, std::string_view text, const cell&) {
  if (is_infinite(text)) {
    const std::int32_t mark = text == infinity ? infinity_days : minus_infinity_days;
    const auto moved = static_cast<std::uint32_t>(mark) + std::uint32_t{days_to_2000};
    append_number(to, Excess == excess::is_bent ? static_cast<std::int32_t>(moved) : mark);
    return true;
  }
  cursor in(text);
  civil_date date;
  if (!read_date(in, date) || !close_date(in, date)) return false;
  append_number(to, days_since_1970(date));
  return true;
}

/// Rounds towards the past.
constexpr std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

/// In microseconds, milliseconds or the like: `Micros` is how many microseconds the unit has.
template <std::int64_t Micros, excess Excess>
struct coarse_unit {
  static bool count(std::int64_t days, std::int64_t micros, std::int64_t& units) {
    if (Excess == excess::is_refused && micros % Micros != 0) return false;
    return !__builtin_mul_overflow(days, micros_per_day / Micros, &units) &&
           !__builtin_add_overflow(units, floor_divide(micros, Micros), &units);
  }
  static constexpr std::int64_t infinite(bool is_future) {
    return floor_divide(is_future ? infinity_micros : minus_infinity_micros, Micros);
  }
  static constexpr excess on_excess = Excess;
};

template <excess Excess>
struct nanoseconds_unit {
  /// Debezium multiplies whole seconds first, so that the last of the past do not fit.
  static bool count(std::int64_t days, std::int64_t micros, std::int64_t& units) {
    constexpr std::int64_t nanos_per_micro = 1'000;
    if (Excess == excess::is_bent) {
      return !__builtin_mul_overflow(days * 86'400 + micros / micros_per_second,
                                     nanos_per_micro * micros_per_second, &units) &&
             !__builtin_add_overflow(units, micros % micros_per_second * nanos_per_micro, &units);
    }
    return !__builtin_mul_overflow(days, micros_per_day, &units) &&
           !__builtin_add_overflow(units, micros, &units) &&
           !__builtin_mul_overflow(units, nanos_per_micro, &units);
  }
  static constexpr std::int64_t infinite(bool is_future) {
    return is_future ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
  }
  static constexpr excess on_excess = Excess;
};

template <class Unit>
bool append_in(text_buffer& to, std::int64_t days, std::int64_t micros) {
  std::int64_t units = 0;
  if (Unit::count(days, micros, units)) {
    append_number(to, units);
    return true;
  }
  if (Unit::on_excess == excess::is_refused) return false;
  to.append("null");
  return true;
}

template <class Unit>
bool write_time(text_buffer& to, std::string_view text, const cell&) {
  cursor in(text);
  clock_reading clock;
  return read_clock(in, clock) && in.at_end() && append_in<Unit>(to, 0, clock.micros);
}

template <class Unit>
bool write_timestamp(text_buffer& to, std::string_view text, const cell&) {
  if (is_infinite(text)) {
    append_number(to, Unit::infinite(text == infinity));
    return true;
  }
  cursor in(text);
  civil_date date;
  clock_reading clock;
  if (!read_date(in, date) || !in.skip(" ") || !read_clock(in, clock) || !close_date(in, date)) return false;
  return append_in<Unit>(to, days_since_1970(date), clock.micros);
}

template <std::int64_t Micros>
using strict = coarse_unit<Micros, excess::is_refused>;
template <std::int64_t Micros>
using lax = coarse_unit<Micros, excess::is_bent>;
constexpr std::int64_t micro = 1;
constexpr std::int64_t milli = 1'000;

cell number_cell(cell::writer write, std::string_view type, kind width, std::string name) {
  cell made{write, type};
  made.schema = schema_of(width, std::move(name));
  made.fallback = "0";
  return made;
}

cell text_cell(cell::writer write, std::string_view type, std::string name, std::string fallback) {
  cell made{write, type};
  made.schema = schema_of(kind::string, std::move(name));
  made.fallback = std::move(fallback);
  return made;
}

/// Precision is the modifier itself for the types of time; -1 means the most there is.
bool is_in_millis(std::int32_t precision) { return precision >= 0 && precision <= 3; }

infinity_form infinities(const value_modes& modes) {
  return modes.is_debezium ? infinity_form::far_moment : infinity_form::word;
}

template <template <class> class Writers>
cell::writer in_micros(const value_modes& modes) {
  return modes.is_debezium ? Writers<lax<micro>>::write : Writers<strict<micro>>::write;
}
template <template <class> class Writers>
cell::writer in_millis(const value_modes& modes) {
  return modes.is_debezium ? Writers<lax<milli>>::write : Writers<strict<milli>>::write;
}
template <template <class> class Writers>
cell::writer in_nanos(const value_modes& modes) {
  return modes.is_debezium ? Writers<nanoseconds_unit<excess::is_bent>>::write
                           : Writers<nanoseconds_unit<excess::is_refused>>::write;
}

template <class Unit>
struct time_writers {
  static constexpr cell::writer write = write_time<Unit>;
};
template <class Unit>
struct timestamp_writers {
  static constexpr cell::writer write = write_timestamp<Unit>;
};

}  // namespace

cell date_cell(const value_modes& modes) {
  if (modes.times == time_mode::isostring) {
    return text_cell(iso_date_writer(infinities(modes)), "date", "io.debezium.time.IsoDate", "\"1970-01-01Z\"");
  }
  const bool is_connect = modes.times == time_mode::connect;
  return number_cell(modes.is_debezium ? write_date<excess::is_bent> : write_date<excess::is_refused>, "date",
                     kind::int32, is_connect ? "org.apache.kafka.connect.data.Date" : "io.debezium.time.Date");
}

cell time_cell(std::int32_t precision, const value_modes& modes) {
  switch (modes.times) {
    case time_mode::adaptive:
      if (!is_in_millis(precision)) break;
      return number_cell(in_millis<time_writers>(modes), "time", kind::int32, "io.debezium.time.Time");
    case time_mode::connect:
      return number_cell(in_millis<time_writers>(modes), "a time in milliseconds", kind::int32,
                         "org.apache.kafka.connect.data.Time");
    case time_mode::isostring:
      return text_cell(iso_time_writer(), "time", "io.debezium.time.IsoTime", "\"00:00:00Z\"");
    case time_mode::nanoseconds:
      return number_cell(in_nanos<time_writers>(modes), "time", kind::int64, "io.debezium.time.NanoTime");
    case time_mode::adaptive_time_microseconds:
    case time_mode::microseconds:
      break;
  }
  return number_cell(in_micros<time_writers>(modes), "time", kind::int64, "io.debezium.time.MicroTime");
}

cell time_with_time_zone_cell(const value_modes& modes) {
  return text_cell(zoned_time_writer(modes.is_debezium), "timetz", "io.debezium.time.ZonedTime",
                   "\"00:00:00Z\"");
}

cell timestamp_cell(std::int32_t precision, const value_modes& modes) {
  switch (modes.times) {
    case time_mode::adaptive:
    case time_mode::adaptive_time_microseconds:
      if (!is_in_millis(precision)) break;
      return number_cell(in_millis<timestamp_writers>(modes), "timestamp", kind::int64,
                         "io.debezium.time.Timestamp");
    case time_mode::connect:
      return number_cell(in_millis<timestamp_writers>(modes), "a timestamp in milliseconds", kind::int64,
                         "org.apache.kafka.connect.data.Timestamp");
    case time_mode::isostring:
      return text_cell(iso_timestamp_writer(infinities(modes)), "timestamp", "io.debezium.time.IsoTimestamp",
                       "\"1970-01-01T00:00:00Z\"");
    case time_mode::nanoseconds:
      return number_cell(in_nanos<timestamp_writers>(modes), "a timestamp in nanoseconds", kind::int64,
                         "io.debezium.time.NanoTimestamp");
    case time_mode::microseconds:
      break;
  }
  return number_cell(in_micros<timestamp_writers>(modes), "timestamp", kind::int64,
                     "io.debezium.time.MicroTimestamp");
}

cell timestamp_with_time_zone_cell(std::int32_t precision) {
  const bool is_given = precision >= 0 && precision < static_cast<std::int32_t>(most_fraction_digits);
  const std::size_t digits = is_given ? static_cast<std::size_t>(precision) : most_fraction_digits;
  return text_cell(zoned_timestamp_writer(digits), "timestamptz", "io.debezium.time.ZonedTimestamp",
                   "\"1970-01-01T00:00:00Z\"");
}

}  // namespace weir::encode
