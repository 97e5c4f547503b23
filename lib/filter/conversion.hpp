#pragma once

#include <filter/arena.hpp>
#include <filter/opcode.hpp>
#include <filter/value.hpp>
#include <filter/work.hpp>

namespace weir::filter {

/// CEL's conversions (`int(x)` and so on, `opcode::to_...`) and ours to numeric and lsn. What does not fit is
/// an error. `of` is no error.
[[nodiscard]] value convert(opcode to, const value& of, arena& memory, work& budget);

}  // namespace weir::filter
