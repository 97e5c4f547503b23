#pragma once

#include <cstdint>
#include <string_view>

namespace weir::filter {

/// The kinds of CEL's values, and our `numeric`.
enum class kind : std::uint8_t {
  error,
  null,
  boolean,
  integer,
  unsigned_integer,
  real,
  numeric,  ///< a decimal of any size, kept as its text
  string,
  bytes,
  timestamp,
  duration,
  list,
  map,
  dynamic,  ///< of types only: not known before the evaluation
};

[[nodiscard]] std::string_view name_of(kind of);

/// Why an evaluation has no answer.
enum class fault : std::uint8_t {
  wrong_kind,
  null_value,
  no_row,
  not_sent,
  bad_column,
  no_such_key,
  out_of_bounds,
  overflow,
  division_by_zero,
  bad_conversion,
  out_of_range,
  not_utf8,
  bad_pattern,
  repeated_key,
  too_deep,
  too_much_work,
  too_much_memory,
};

struct entry;

/// One value. Sixteen bytes that travel in registers; texts, lists and maps are views into the row, the plan or
/// the scratch memory of the evaluation, and live as long as these.
struct value {
  union {
    std::int64_t integer = 0;  ///< also: seconds of a timestamp since 1970, nanoseconds of a duration
    std::uint64_t unsigned_integer;
    double real;
    bool boolean;
    const char* text;  ///< string, bytes, numeric
    const value* items;
    const entry* entries;
  };
  std::uint32_t extra = 0;  ///< size of text, list or map; nanoseconds of a timestamp; step of an error
  kind is = kind::null;
  fault why = fault::wrong_kind;  ///< of an error

  [[nodiscard]] std::string_view view() const { return {text, extra}; }
  [[nodiscard]] bool is_error() const { return is == kind::error; }
  [[nodiscard]] bool is_true() const { return is == kind::boolean && boolean; }
  [[nodiscard]] bool is_false() const { return is == kind::boolean && !boolean; }
};

/// Keys of a map need not be unique when they come from JSON: the last one counts.
struct entry {
  value key;
  value mapped;
};

/// A timestamp with these seconds is PostgreSQL's `infinity` or `-infinity`.
inline constexpr std::int64_t infinite_future = INT64_MAX;
inline constexpr std::int64_t infinite_past = INT64_MIN;

/// Of an error whose step the evaluator has yet to fill in.
inline constexpr std::uint32_t no_step = UINT32_MAX;

[[nodiscard]] inline value error(fault why, std::uint32_t step = no_step) {
  value made;
  made.is = kind::error;
  made.why = why;
  made.extra = step;
  return made;
}

[[nodiscard]] inline value null_value() { return {}; }

[[nodiscard]] inline value boolean(bool of) {
  value made;
  made.is = kind::boolean;
  made.boolean = of;
  return made;
}

[[nodiscard]] inline value integer(std::int64_t of) {
  value made;
  made.is = kind::integer;
  made.integer = of;
  return made;
}

[[nodiscard]] inline value unsigned_integer(std::uint64_t of) {
  value made;
  made.is = kind::unsigned_integer;
  made.unsigned_integer = of;
  return made;
}

[[nodiscard]] inline value real(double of) {
  value made;
  made.is = kind::real;
  made.real = of;
  return made;
}

/// `is`: string, bytes or numeric. An error when the text is longer than 4 GiB.
[[nodiscard]] inline value text_of(kind is, std::string_view of) {
  if (of.size() > UINT32_MAX) return error(fault::too_much_memory);
  value made;
  made.is = is;
  made.text = of.data();
  made.extra = static_cast<std::uint32_t>(of.size());
  return made;
}

[[nodiscard]] inline value string(std::string_view of) { return text_of(kind::string, of); }

[[nodiscard]] inline value timestamp(std::int64_t seconds, std::uint32_t nanoseconds) {
  value made;
  made.is = kind::timestamp;
  made.integer = seconds;
  made.extra = nanoseconds;
  return made;
}

[[nodiscard]] inline value duration(std::int64_t nanoseconds) {
  value made;
  made.is = kind::duration;
  made.integer = nanoseconds;
  return made;
}

[[nodiscard]] inline value list(const value* items, std::uint32_t count) {
  value made;
  made.is = kind::list;
  made.items = items;
  made.extra = count;
  return made;
}

[[nodiscard]] inline value map(const entry* entries, std::uint32_t count) {
  value made;
  made.is = kind::map;
  made.entries = entries;
  made.extra = count;
  return made;
}

}  // namespace weir::filter
