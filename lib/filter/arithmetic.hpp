#pragma once

#include <filter/arena.hpp>
#include <filter/opcode.hpp>
#include <filter/value.hpp>
#include <filter/work.hpp>

namespace weir::filter {

/// CEL's `+ - * / %` and unary minus: what overflows is an error, kinds that do not fit are. Neither operand is
/// an error.
[[nodiscard]] value calculate(opcode op, const value& left, const value& right, arena& memory, work& budget);
[[nodiscard]] value negative(const value& of);

}  // namespace weir::filter
