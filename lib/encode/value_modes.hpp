#pragma once

#include <cstdint>
#include <string>

/// How values of the types that can be written in more ways than one are written: the handling modes that
/// Debezium's users know, by their names.
namespace weir::encode {

enum class decimal_mode : std::uint8_t {
  precise,      ///< base64 of the unscaled number, big-endian; the scale is in the schema
  real_number,  ///< `double`: a number, as near as 64 bits come
  string,       ///< all digits, as text
};

enum class time_mode : std::uint8_t {
  adaptive,  ///< milliseconds or microseconds, by the column's precision
  adaptive_time_microseconds,
  connect,  ///< milliseconds whatever the precision
  isostring,
  microseconds,
  nanoseconds,
};

enum class binary_mode : std::uint8_t {
  bytes,  ///< base64 in JSON, and bytes where the format knows them
  base64,
  base64_url_safe,
  hex,
};

enum class interval_mode : std::uint8_t {
  numeric,  ///< microseconds, with months of 30.4375 days
  string,   ///< ISO 8601
};

enum class hstore_mode : std::uint8_t { json, map };

/// Types that Debezium does not know.
enum class unknown_mode : std::uint8_t {
  text,    ///< PostgreSQL's
  absent,  ///< their columns are left out
  binary,  ///< the bytes of their text, in the form that binary_mode says
};

struct value_modes {
  decimal_mode decimals = decimal_mode::string;
  time_mode times = time_mode::adaptive;
  binary_mode binary = binary_mode::bytes;
  interval_mode intervals = interval_mode::string;
  hstore_mode hstore = hstore_mode::json;
  unknown_mode unknown = unknown_mode::text;
  std::uint32_t money_fraction_digits = 2;
  std::string unavailable = "__debezium_unavailable_value";  ///< stands for a TOAST value that was not sent
  /// What Debezium does where Weir would not: defaults in place of NULL and of what was not sent, and unknown
  /// types left out.
  bool is_debezium = false;

  bool operator==(const value_modes&) const = default;
};

}  // namespace weir::encode
