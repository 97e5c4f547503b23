#pragma once

#include <encode/cell.hpp>

#include <cstdint>

/// The types of dates and times. `precision`: digits after the point, the type's modifier; -1 is six. What a
/// mode cannot hold is refused; where `modes` are Debezium's, digits are cut (connect) and what 64 bits do not
/// hold is null.
namespace weir::encode {

/// Days since 1970-01-01 in the proleptic Gregorian calendar, as PostgreSQL counts; `2016-11-04Z` with
/// isostring. `infinity` and `-infinity` become the largest and the smallest 32-bit number, which are
/// PostgreSQL's own marks for them, or the words; Debezium's overflow.
[[nodiscard]] cell date_cell(const value_modes& modes);

/// Time of day. adaptive: milliseconds for a precision of 0 to 3 digits, else microseconds. 24:00:00 is a whole
/// day.
[[nodiscard]] cell time_cell(std::int32_t precision, const value_modes& modes);

/// `11:51:30.123789Z`, in UTC.
[[nodiscard]] cell time_with_time_zone_cell(const value_modes& modes);

/// Since 1970-01-01 00:00:00, taken as UTC, in the unit of time_cell. The infinities become the numbers that
/// Debezium's consumers know. What 64 bits do not hold (years after 294246 in microseconds) is refused.
[[nodiscard]] cell timestamp_cell(std::int32_t precision, const value_modes& modes);

/// ISO 8601 in UTC, `2016-11-04T11:51:30.123456Z`, with as many digits as the column has (6 by default). Years
/// are astronomical (1 BC is 0000), signed beyond four digits. The infinities stay the words that they are.
[[nodiscard]] cell timestamp_with_time_zone_cell(std::int32_t precision);

}  // namespace weir::encode
