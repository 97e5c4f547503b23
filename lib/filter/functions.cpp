#include <filter/functions.hpp>
#include <filter/moment.hpp>

#include <array>
#include <utility>

namespace weir::filter {

namespace {

constexpr std::uint32_t text = bit(kind::string);
constexpr std::uint32_t sized = text | bit(kind::bytes) | bit(kind::list) | bit(kind::map);
constexpr std::uint32_t whole = bit(kind::integer) | bit(kind::unsigned_integer);
constexpr std::uint32_t numbers = whole | bit(kind::real) | bit(kind::numeric);
constexpr std::uint32_t moment = bit(kind::timestamp);
constexpr std::uint32_t span_of_time = bit(kind::duration);

constexpr signature function(std::string_view name, opcode op, std::uint32_t takes, kind result) {
  return {name, op, false, takes, 0, result, 0};
}

constexpr signature method(std::string_view name, opcode op, std::uint32_t receiver, std::uint32_t takes,
                           kind result) {
  return {name, op, true, receiver, takes, result, 0};
}

constexpr signature accessor(std::string_view name, clock_field field, std::uint32_t receiver,
                             std::uint32_t zone = 0) {
  return {name, opcode::clock, true, receiver, zone, kind::integer, static_cast<std::uint8_t>(field)};
}

constexpr std::array all_functions{
    function("size", opcode::size, sized, kind::integer),
    method("size", opcode::size, sized, 0, kind::integer),
    method("contains", opcode::contains, text, text, kind::boolean),
    method("startsWith", opcode::starts_with, text, text, kind::boolean),
    method("endsWith", opcode::ends_with, text, text, kind::boolean),
    method("matches", opcode::matches, text, text, kind::boolean),
    signature{"matches", opcode::matches, false, text, text, kind::boolean, 0},
    function("int", opcode::to_int, numbers | text | moment, kind::integer),
    function("uint", opcode::to_uint, numbers | text, kind::unsigned_integer),
    function("double", opcode::to_double, numbers | text, kind::real),
    function("numeric", opcode::to_numeric, numbers | text, kind::numeric),
    function("string", opcode::to_string,
             numbers | text | bit(kind::boolean) | bit(kind::bytes) | moment | span_of_time, kind::string),
    function("bytes", opcode::to_bytes, text | bit(kind::bytes), kind::bytes),
    function("bool", opcode::to_bool, text | bit(kind::boolean), kind::boolean),
    function("timestamp", opcode::to_timestamp, text | moment | bit(kind::integer), kind::timestamp),
    function("duration", opcode::to_duration, text | span_of_time, kind::duration),
    function("lsn", opcode::to_lsn, text, kind::unsigned_integer),
    accessor("getFullYear", clock_field::full_year, moment),
    accessor("getFullYear", clock_field::full_year, moment, text),
    accessor("getMonth", clock_field::month, moment),
    accessor("getMonth", clock_field::month, moment, text),
    accessor("getDayOfYear", clock_field::day_of_year, moment),
    accessor("getDayOfYear", clock_field::day_of_year, moment, text),
    accessor("getDayOfMonth", clock_field::day_of_month, moment),
    accessor("getDayOfMonth", clock_field::day_of_month, moment, text),
    accessor("getDate", clock_field::date, moment),
    accessor("getDate", clock_field::date, moment, text),
    accessor("getDayOfWeek", clock_field::day_of_week, moment),
    accessor("getDayOfWeek", clock_field::day_of_week, moment, text),
    accessor("getHours", clock_field::hours, moment | span_of_time),
    accessor("getHours", clock_field::hours, moment, text),
    accessor("getMinutes", clock_field::minutes, moment | span_of_time),
    accessor("getMinutes", clock_field::minutes, moment, text),
    accessor("getSeconds", clock_field::seconds, moment | span_of_time),
    accessor("getSeconds", clock_field::seconds, moment, text),
    accessor("getMilliseconds", clock_field::milliseconds, moment | span_of_time),
    accessor("getMilliseconds", clock_field::milliseconds, moment, text),
};

struct operation {
  opcode op;
  kind left, right, result;
};

constexpr operation same(opcode op, kind of) { return {op, of, of, of}; }

constexpr std::array operations{
    same(opcode::add, kind::integer),
    same(opcode::add, kind::unsigned_integer),
    same(opcode::add, kind::real),
    same(opcode::add, kind::string),
    same(opcode::add, kind::bytes),
    same(opcode::add, kind::duration),
    operation{opcode::add, kind::timestamp, kind::duration, kind::timestamp},
    operation{opcode::add, kind::duration, kind::timestamp, kind::timestamp},
    same(opcode::subtract, kind::integer),
    same(opcode::subtract, kind::unsigned_integer),
    same(opcode::subtract, kind::real),
    same(opcode::subtract, kind::duration),
    operation{opcode::subtract, kind::timestamp, kind::timestamp, kind::duration},
    operation{opcode::subtract, kind::timestamp, kind::duration, kind::timestamp},
    same(opcode::multiply, kind::integer),
    same(opcode::multiply, kind::unsigned_integer),
    same(opcode::multiply, kind::real),
    same(opcode::divide, kind::integer),
    same(opcode::divide, kind::unsigned_integer),
    same(opcode::divide, kind::real),
    same(opcode::modulo, kind::integer),
    same(opcode::modulo, kind::unsigned_integer),
};

bool may_be(const type& of, kind is) { return of.is == is || of.is == kind::dynamic; }

}  // namespace

std::span<const signature> functions() { return all_functions; }

bool fits(const type& of, std::uint32_t kinds) { return of.is == kind::dynamic || (kinds & bit(of.is)) != 0; }

std::optional<type> result_of(opcode op, const type& left, const type& right) {
  if (op == opcode::add && may_be(left, kind::list) && may_be(right, kind::list) &&
      (left.is == kind::list || right.is == kind::list)) {
    if (left.is != right.is) return list_of(dynamic());
    return list_of(common(left.of[0], right.of[0]));
  }
  std::optional<type> result;
  for (const auto& each : operations) {
    if (each.op != op || !may_be(left, each.left) || !may_be(right, each.right)) continue;
    if (result && result->is != each.result) return dynamic();
    result = type{each.result, false, {}};
  }
  return result;
}

std::optional<type> result_of_minus(const type& operand) {
  if (operand.is == kind::dynamic) return dynamic();
  if (operand.is == kind::integer || operand.is == kind::real) return type{operand.is, false, {}};
  return {};
}

std::string_view sign_of(opcode op) {
  constexpr std::array signs{
      std::pair{opcode::add, "+"},
      std::pair{opcode::subtract, "-"},
      std::pair{opcode::multiply, "*"},
      std::pair{opcode::divide, "/"},
      std::pair{opcode::modulo, "%"},
      std::pair{opcode::equal, "=="},
      std::pair{opcode::unequal, "!="},
      std::pair{opcode::less, "<"},
      std::pair{opcode::less_or_equal, "<="},
      std::pair{opcode::greater, ">"},
      std::pair{opcode::greater_or_equal, ">="},
      std::pair{opcode::in, "in"},
      std::pair{opcode::both, "&&"},
      std::pair{opcode::either, "||"},
      std::pair{opcode::negation, "!"},
      std::pair{opcode::minus, "-"},
  };
  for (const auto& [each, sign] : signs) {
    if (each == op) return sign;
  }
  return {};
}

}  // namespace weir::filter
