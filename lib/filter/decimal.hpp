#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::filter {

/// A decimal number of any size, read from its text and compared exactly: 0.d1d2d3... x 10^point. A view into
/// the text.
class decimal {
 public:
  /// Digits with an optional sign, point and exponent, or `NaN`, `Infinity`, `-Infinity`. Nothing for other
  /// texts.
  [[nodiscard]] static std::optional<decimal> parse(std::string_view text);

  /// NaN is unordered, as CEL has it.
  friend std::partial_ordering operator<=>(const decimal& left, const decimal& right);

  /// Without what follows the point; nothing when it does not fit.
  [[nodiscard]] std::optional<std::int64_t> truncated() const;
  [[nodiscard]] std::optional<std::uint64_t> truncated_unsigned() const;

 private:
  enum class shape : std::uint8_t { finite, infinite, not_a_number };

  [[nodiscard]] int sign() const;
  /// Of the part before the point; nothing beyond 64 bits.
  [[nodiscard]] std::optional<std::uint64_t> magnitude() const;

  std::string_view digits_;  ///< significant ones, with the point where it stood; empty: zero
  std::int64_t point_ = 0;
  shape is_ = shape::finite;
  bool is_negative_ = false;
};

}  // namespace weir::filter
