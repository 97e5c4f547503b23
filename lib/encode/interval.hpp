#pragma once

#include <encode/cell.hpp>

namespace weir::encode {

/// interval, as the server shows it with IntervalStyle postgres. numeric: microseconds with months of 30.4375
/// days; what 64 bits do not hold is refused, and the nearest number where `modes` are Debezium's; the
/// infinities (17 and later) are the largest and the smallest number. string: ISO 8601 with all its parts,
/// `P1Y2M3DT4H5M6.78S`; the infinities stay the words that they are.
[[nodiscard]] cell interval_cell(const value_modes& modes);

}  // namespace weir::encode
