#include <filter/compare.hpp>
#include <filter/decimal.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

namespace weir::filter {

namespace {

order as_order(std::partial_ordering of) {
  if (of == std::partial_ordering::less) return order::less;
  if (of == std::partial_ordering::greater) return order::greater;
  return of == std::partial_ordering::equivalent ? order::equal : order::none;
}

double as_double(const value& number) {
  if (number.is == kind::integer) return static_cast<double>(number.integer);
  if (number.is == kind::unsigned_integer) return static_cast<double>(number.unsigned_integer);
  return number.real;
}

/// The text of a number, written to `room` unless it is a numeric.
std::string_view decimal_text(const value& number, std::array<char, 32>& room) {
  char* const end = room.data() + room.size();
  char* written = room.data();
  if (number.is == kind::numeric) return number.view();
  if (number.is == kind::integer) written = std::to_chars(written, end, number.integer).ptr;
  if (number.is == kind::unsigned_integer) written = std::to_chars(written, end, number.unsigned_integer).ptr;
  if (number.is == kind::real) {
    if (std::isnan(number.real)) return "NaN";
    if (std::isinf(number.real)) return number.real < 0 ? "-Infinity" : "Infinity";
    written = std::to_chars(written, end, number.real).ptr;
  }
  return {room.data(), written};
}

order compare_decimals(const value& left, const value& right, work& budget) {
  std::array<char, 32> left_room{};
  std::array<char, 32> right_room{};
  const auto left_text = decimal_text(left, left_room);
  const auto right_text = decimal_text(right, right_room);
  if (!budget.take_bytes(left_text.size() + right_text.size())) return order::none;
  const auto first = decimal::parse(left_text);
  const auto second = decimal::parse(right_text);
  return first && second ? as_order(*first <=> *second) : order::none;
}

order compare_numbers(const value& left, const value& right, work& budget) {
  if (left.is == kind::numeric || right.is == kind::numeric) return compare_decimals(left, right, budget);
  if (left.is == kind::real || right.is == kind::real) return as_order(as_double(left) <=> as_double(right));
  if (left.is == right.is) {
    return as_order(left.is == kind::integer ? left.integer <=> right.integer
                                             : left.unsigned_integer <=> right.unsigned_integer);
  }
  if (left.is == kind::integer)
    return left.integer < 0 ? order::less
                            : as_order(static_cast<std::uint64_t>(left.integer) <=> right.unsigned_integer);
  return right.integer < 0 ? order::greater
                           : as_order(left.unsigned_integer <=> static_cast<std::uint64_t>(right.integer));
}

bool are_same_text(const value& left, const value& right, work& budget) {
  return left.extra == right.extra && budget.take_bytes(left.extra) && left.view() == right.view();
}

bool are_same_lists(const value& left, const value& right, work& budget) {
  if (left.extra != right.extra || !budget.take(left.extra)) return false;
  for (std::uint32_t index = 0; index < left.extra; ++index) {
    if (!are_equal(left.items[index], right.items[index], budget)) return false;
  }
  return true;
}

/// Every key of one map, where it counts, has an equal value in the other.
bool is_within(const value& inner, const value& outer, work& budget) {
  for (std::uint32_t index = 0; index < inner.extra; ++index) {
    const value* const mine = find(inner, inner.entries[index].key, budget);
    const value* const other = find(outer, inner.entries[index].key, budget);
    if (mine == nullptr || other == nullptr || !are_equal(*mine, *other, budget)) return false;
  }
  return true;
}

}  // namespace

bool are_equal(const value& left, const value& right, work& budget) {
  if (is_number(left.is)) return is_number(right.is) && compare_numbers(left, right, budget) == order::equal;
  if (left.is != right.is) return false;
  switch (left.is) {
    case kind::null:
      return true;
    case kind::boolean:
      return left.boolean == right.boolean;
    case kind::string:
    case kind::bytes:
      return are_same_text(left, right, budget);
    case kind::timestamp:
      return left.integer == right.integer && left.extra == right.extra;
    case kind::duration:
      return left.integer == right.integer;
    case kind::list:
      return are_same_lists(left, right, budget);
    case kind::map:
      return is_within(left, right, budget) && is_within(right, left, budget);
    case kind::integer:
    case kind::unsigned_integer:
    case kind::real:
    case kind::numeric:
    case kind::error:
    case kind::dynamic:
      break;
  }
  return false;
}

order compare(const value& left, const value& right, work& budget) {
  if (is_number(left.is) && is_number(right.is)) return compare_numbers(left, right, budget);
  if (left.is != right.is) return order::no_order;
  switch (left.is) {
    case kind::boolean:
      return as_order(left.boolean <=> right.boolean);
    case kind::string:
    case kind::bytes:
      if (!budget.take_bytes(std::min(left.extra, right.extra))) return order::none;
      return as_order(left.view() <=> right.view());
    case kind::timestamp:
      return as_order(std::pair{left.integer, left.extra} <=> std::pair{right.integer, right.extra});
    case kind::duration:
      return as_order(left.integer <=> right.integer);
    case kind::null:
    case kind::list:
    case kind::map:
    case kind::integer:
    case kind::unsigned_integer:
    case kind::real:
    case kind::numeric:
    case kind::error:
    case kind::dynamic:
      break;
  }
  return order::no_order;
}

const value* find(const value& map, const value& key, work& budget) {
  if (!budget.take(map.extra / 4)) return nullptr;
  for (std::uint32_t index = map.extra; index > 0; --index) {
    if (are_equal(map.entries[index - 1].key, key, budget)) return &map.entries[index - 1].mapped;
  }
  return nullptr;
}

}  // namespace weir::filter
