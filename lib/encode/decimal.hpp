#pragma once

#include <encode/cell.hpp>

#include <cstdint>

namespace weir::encode {

/// numeric with this modifier. precise: Kafka Connect's Decimal where the column has a scale, else Debezium's
/// VariableScaleDecimal; NaN and the infinities, which neither can hold, are refused, and null where `modes`
/// are Debezium's. A negative scale counts as 0: the digits are there. double: out of 64 bits' range is
/// refused, Debezium's is an infinity. string: the server's digits with all their zeros.
[[nodiscard]] cell decimal_cell(std::int32_t type_modifier, const value_modes& modes);

/// money, as the server shows it with lc_monetary C. precise: with `modes.money_fraction_digits` after the
/// point; what does not fit is refused, and rounded to even where `modes` are Debezium's.
[[nodiscard]] cell money_cell(const value_modes& modes);

/// Digits after the point that a numeric column with this modifier has; none: each value has its own.
[[nodiscard]] std::optional<std::uint32_t> decimal_scale(std::int32_t type_modifier);

}  // namespace weir::encode
