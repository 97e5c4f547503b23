#include <filter/arithmetic.hpp>
#include <filter/moment.hpp>

#include <algorithm>
#include <cstring>

namespace weir::filter {

namespace {

template <class Number>
bool compute(opcode op, Number left, Number right, Number& into) {
  if (op == opcode::add) return !__builtin_add_overflow(left, right, &into);
  if (op == opcode::subtract) return !__builtin_sub_overflow(left, right, &into);
  return op == opcode::multiply && !__builtin_mul_overflow(left, right, &into);
}

/// Division and remainder of the smallest number by -1 overflow as well.
value calculate_integers(opcode op, std::int64_t left, std::int64_t right) {
  std::int64_t result = 0;
  if (op == opcode::divide || op == opcode::modulo) {
    if (right == 0) return error(fault::division_by_zero);
    if (left == INT64_MIN && right == -1) return error(fault::overflow);
    return integer(op == opcode::divide ? left / right : left % right);
  }
  return compute(op, left, right, result) ? integer(result) : error(fault::overflow);
}

value calculate_unsigned(opcode op, std::uint64_t left, std::uint64_t right) {
  std::uint64_t result = 0;
  if (op == opcode::divide || op == opcode::modulo) {
    if (right == 0) return error(fault::division_by_zero);
    return unsigned_integer(op == opcode::divide ? left / right : left % right);
  }
  return compute(op, left, right, result) ? unsigned_integer(result) : error(fault::overflow);
}

value calculate_reals(opcode op, double left, double right) {
  if (op == opcode::add) return real(left + right);
  if (op == opcode::subtract) return real(left - right);
  if (op == opcode::multiply) return real(left * right);
  // Dividing by zero is defined for IEEE 754, as in CEL.
  return op == opcode::divide ? real(left / right) : error(fault::wrong_kind);
}

value join_texts(const value& left, const value& right, arena& memory, work& budget) {
  const std::size_t size = std::size_t{left.extra} + right.extra;
  if (!budget.take_bytes(size)) return error(fault::too_much_work);
  char* const made = memory.array<char>(size);
  if (made == nullptr) return error(fault::too_much_memory);
  std::ranges::copy(left.view(), made);
  std::ranges::copy(right.view(), made + left.extra);
  return text_of(left.is, {made, size});
}

value join_lists(const value& left, const value& right, arena& memory, work& budget) {
  const std::size_t size = std::size_t{left.extra} + right.extra;
  if (!budget.take(size)) return error(fault::too_much_work);
  auto* const made = memory.array<value>(size);
  if (made == nullptr) return error(fault::too_much_memory);
  std::copy_n(left.items, left.extra, made);
  std::copy_n(right.items, right.extra, made + left.extra);
  return list(made, static_cast<std::uint32_t>(size));
}

value calculate_durations(opcode op, std::int64_t left, std::int64_t right) {
  std::int64_t result = 0;
  if (op != opcode::add && op != opcode::subtract) return error(fault::wrong_kind);
  return compute(op, left, right, result) ? duration(result) : error(fault::overflow);
}

value calculate_moments(opcode op, const value& left, const value& right) {
  if (op == opcode::add && left.is == kind::timestamp && right.is == kind::duration)
    return add(left, right.integer);
  if (op == opcode::add && left.is == kind::duration && right.is == kind::timestamp)
    return add(right, left.integer);
  if (op != opcode::subtract || left.is != kind::timestamp) return error(fault::wrong_kind);
  if (right.is == kind::timestamp) return between(right, left);
  if (right.is != kind::duration) return error(fault::wrong_kind);
  return right.integer == INT64_MIN ? error(fault::overflow) : add(left, -right.integer);
}

}  // namespace

value calculate(opcode op, const value& left, const value& right, arena& memory, work& budget) {
  if (left.is == kind::null || right.is == kind::null) return error(fault::null_value);
  if (left.is == kind::timestamp || right.is == kind::timestamp) return calculate_moments(op, left, right);
  if (left.is != right.is) return error(fault::wrong_kind);
  switch (left.is) {
    case kind::integer:
      return calculate_integers(op, left.integer, right.integer);
    case kind::unsigned_integer:
      return calculate_unsigned(op, left.unsigned_integer, right.unsigned_integer);
    case kind::real:
      return calculate_reals(op, left.real, right.real);
    case kind::duration:
      return calculate_durations(op, left.integer, right.integer);
    case kind::string:
    case kind::bytes:
      return op == opcode::add ? join_texts(left, right, memory, budget) : error(fault::wrong_kind);
    case kind::list:
      return op == opcode::add ? join_lists(left, right, memory, budget) : error(fault::wrong_kind);
    case kind::error:
    case kind::null:
    case kind::boolean:
    case kind::numeric:
    case kind::timestamp:
    case kind::map:
    case kind::dynamic:
      break;
  }
  return error(fault::wrong_kind);
}

value negative(const value& of) {
  if (of.is == kind::null) return error(fault::null_value);
  if (of.is == kind::real) return real(-of.real);
  if (of.is != kind::integer) return error(fault::wrong_kind);
  return of.integer == INT64_MIN ? error(fault::overflow) : integer(-of.integer);
}

}  // namespace weir::filter
