#pragma once

#include <filter/opcode.hpp>
#include <filter/type.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace weir::filter {

/// One way to call a function or an operator. Receivers count as the first argument.
struct signature {
  std::string_view name;  ///< of functions only
  opcode op;
  bool is_method;  ///< `x.f()` instead of `f(x)`
  /// Sets of kinds, one bit each; an argument of an unknown kind fits all.
  std::uint32_t first;
  std::uint32_t second;  ///< zero: there is no second argument
  kind result;
  std::uint8_t detail;
};

/// All ways to call functions of this name; empty when there is none.
[[nodiscard]] std::span<const signature> functions();

/// The result of an operator for operands of these types; nothing when there is no such operation.
[[nodiscard]] std::optional<type> result_of(opcode op, const type& left, const type& right);
[[nodiscard]] std::optional<type> result_of_minus(const type& operand);

/// Whether values of a type can be among these kinds.
[[nodiscard]] bool fits(const type& of, std::uint32_t kinds);

[[nodiscard]] constexpr std::uint32_t bit(kind of) { return 1U << static_cast<unsigned>(of); }

/// `+`, `<=`, ...; empty for what is no operator.
[[nodiscard]] std::string_view sign_of(opcode op);

}  // namespace weir::filter
