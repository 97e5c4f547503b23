#pragma once

#include <cstdint>

namespace weir::filter {

/// What a node of the syntax tree is, and what a step of a plan does.
enum class opcode : std::uint8_t {
  // of the tree only: the checker resolves them
  name,
  call,
  has,
  // of both
  constant,
  select,
  index,
  list,
  map,
  conditional,
  both,    ///< `&&` of any number of operands
  either,  ///< `||` of any number of operands
  negation,
  minus,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  equal,
  unequal,
  less,
  less_or_equal,
  greater,
  greater_or_equal,
  in,
  all,
  exists,
  exists_one,
  transform,     ///< the macro `map`
  transform_if,  ///< `map` with a condition
  filter,
  // of the plan only
  local,
  variable,
  column,
  has_column,
  changed,
  is_row_absent,
  has_key,
  size,
  contains,
  starts_with,
  ends_with,
  matches,        ///< with a pattern that is known only now
  matches_known,  ///< with a pattern compiled before
  to_int,
  to_uint,
  to_double,
  to_string,
  to_bytes,
  to_bool,
  to_timestamp,
  to_duration,
  to_numeric,
  to_lsn,
  clock,
};

}  // namespace weir::filter
