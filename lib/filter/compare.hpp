#pragma once

#include <filter/value.hpp>
#include <filter/work.hpp>

namespace weir::filter {

/// CEL's `==`: false for values of different kinds, but numbers are compared as numbers. A double counts as the
/// shortest decimal that denotes it when it meets a numeric. Neither side is an error.
[[nodiscard]] bool are_equal(const value& left, const value& right, work& budget);

enum class order : std::uint8_t {
  less,
  equal,
  greater,
  none,      ///< NaN is involved: every comparison is false
  no_order,  ///< of these kinds
};

/// CEL's `<` and its kin. Neither side is an error.
[[nodiscard]] order compare(const value& left, const value& right, work& budget);

[[nodiscard]] inline bool is_number(kind of) {
  return of == kind::integer || of == kind::unsigned_integer || of == kind::real || of == kind::numeric;
}

/// The mapped value of the last entry with this key, or null.
[[nodiscard]] const value* find(const value& map, const value& key, work& budget);

}  // namespace weir::filter
