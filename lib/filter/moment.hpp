#pragma once

#include <filter/value.hpp>

#include <cctz/time_zone.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::filter {

/// What CEL's accessors (`getHours()` and so on) ask of a timestamp or a duration.
enum class clock_field : std::uint8_t {
  full_year,
  month,
  day_of_year,
  day_of_month,
  date,
  day_of_week,
  hours,
  minutes,
  seconds,
  milliseconds,
};

/// All of these answer with an error value where the text, or the result, is none.

[[nodiscard]] value timestamp_from_rfc3339(std::string_view text);
/// Seconds since 1970, within CEL's years 1 to 9999.
[[nodiscard]] value timestamp_from_seconds(std::int64_t seconds);
/// `1h30m`, `-1.5s`: Go's notation.
[[nodiscard]] value duration_from_text(std::string_view text);

/// PostgreSQL's output in a pinned session (DateStyle ISO, TimeZone UTC, IntervalStyle postgres), any year.
[[nodiscard]] value timestamp_from_postgres(std::string_view text);
[[nodiscard]] value date_from_postgres(std::string_view text);
/// A day counts 24 hours; months have no length, so an interval with months is an error.
[[nodiscard]] value duration_from_postgres(std::string_view text);

/// Within CEL's range of years, else nothing.
[[nodiscard]] std::optional<std::string> timestamp_text(const value& of);
[[nodiscard]] std::string duration_text(std::int64_t nanoseconds);

[[nodiscard]] value add(const value& at, std::int64_t nanoseconds);
[[nodiscard]] value between(const value& from, const value& to);

[[nodiscard]] value field_of_timestamp(const value& of, clock_field field, const cctz::time_zone& zone);
/// Whole units for hours, minutes and seconds; of milliseconds what is left beyond the seconds.
[[nodiscard]] value field_of_duration(std::int64_t nanoseconds, clock_field field);

/// `UTC`, `+02:00`, `-02:30`, or a name of the system's zone database, like `Europe/Berlin`.
[[nodiscard]] std::optional<cctz::time_zone> zone_named(std::string_view name);

}  // namespace weir::filter
