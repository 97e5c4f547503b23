#include <base/lsn.hpp>
#include <filter/conversion.hpp>
#include <filter/decimal.hpp>
#include <filter/moment.hpp>
#include <filter/real_text.hpp>
#include <filter/utf8.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace weir::filter {

namespace {

/// CEL's bounds are the powers themselves, and neither belongs to the range.
constexpr double two_to_63 = 9'223'372'036'854'775'808.0;
constexpr double two_to_64 = 18'446'744'073'709'551'616.0;

/// The number that the whole text is, a sign before it allowed.
template <class Number>
bool read_number(std::string_view text, Number& into) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data(), end, into);
  return failed == std::errc{} && stopped == end;
}

value keep(std::string_view text, kind is, arena& memory) {
  const auto kept = memory.copy(text);
  return kept.data() == nullptr ? error(fault::too_much_memory) : text_of(is, kept);
}

value to_int(const value& of) {
  switch (of.is) {
    case kind::integer:
      return of;
    case kind::unsigned_integer:
      return of.unsigned_integer <= INT64_MAX ? integer(static_cast<std::int64_t>(of.unsigned_integer))
                                              : error(fault::out_of_range);
    case kind::real:
      return of.real > -two_to_63 && of.real < two_to_63 ? integer(static_cast<std::int64_t>(of.real))
                                                         : error(fault::out_of_range);
    case kind::numeric: {
      const auto read = decimal::parse(of.view());
      const auto whole = read ? read->truncated() : std::nullopt;
      return whole ? integer(*whole) : error(fault::out_of_range);
    }
    case kind::string: {
      std::int64_t read = 0;
      return read_number(of.view(), read) ? integer(read) : error(fault::bad_conversion);
    }
    case kind::timestamp:
      if (of.integer == infinite_future || of.integer == infinite_past) return error(fault::out_of_range);
      return integer(of.integer);
    case kind::error:
    case kind::null:
    case kind::boolean:
    case kind::bytes:
    case kind::duration:
    case kind::list:
    case kind::map:
    case kind::dynamic:
      break;
  }
  return error(fault::wrong_kind);
}

value to_uint(const value& of) {
  if (of.is == kind::unsigned_integer) return of;
  if (of.is == kind::integer)
    return of.integer >= 0 ? unsigned_integer(static_cast<std::uint64_t>(of.integer))
                           : error(fault::out_of_range);
  if (of.is == kind::real)
    return of.real >= 0 && of.real < two_to_64 ? unsigned_integer(static_cast<std::uint64_t>(of.real))
                                               : error(fault::out_of_range);
  if (of.is == kind::numeric) {
    const auto read = decimal::parse(of.view());
    const auto whole = read ? read->truncated_unsigned() : std::nullopt;
    return whole ? unsigned_integer(*whole) : error(fault::out_of_range);
  }
  if (of.is != kind::string) return error(fault::wrong_kind);
  std::uint64_t read = 0;
  return read_number(of.view(), read) ? unsigned_integer(read) : error(fault::bad_conversion);
}

value to_double(const value& of) {
  if (of.is == kind::real) return of;
  if (of.is == kind::integer) return real(static_cast<double>(of.integer));
  if (of.is == kind::unsigned_integer) return real(static_cast<double>(of.unsigned_integer));
  if (of.is != kind::string && of.is != kind::numeric) return error(fault::wrong_kind);
  std::string_view text = of.view();
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const auto read = parse_double(text);
  if (!read) return error(of.is == kind::numeric ? fault::out_of_range : fault::bad_conversion);
  return real(*read);
}

/// The shortest text that denotes the number.
template <class Number>
value number_text(Number number, kind is, arena& memory) {
  std::array<char, 32> room{};
  const auto [end, failed] = std::to_chars(room.data(), room.data() + room.size(), number);
  return failed == std::errc{} ? keep({room.data(), end}, is, memory) : error(fault::bad_conversion);
}

value real_text(double number, kind is, arena& memory) {
  if (std::isnan(number)) return text_of(is, "NaN");
  if (std::isinf(number)) return text_of(is, number < 0 ? "-Infinity" : "Infinity");
  return number_text(number, is, memory);
}

value to_string(const value& of, arena& memory) {
  switch (of.is) {
    case kind::string:
      return of;
    case kind::boolean:
      return string(of.boolean ? "true" : "false");
    case kind::integer:
      return number_text(of.integer, kind::string, memory);
    case kind::unsigned_integer:
      return number_text(of.unsigned_integer, kind::string, memory);
    case kind::real:
      return real_text(of.real, kind::string, memory);
    case kind::numeric:
      return string(of.view());
    case kind::bytes:
      return is_utf8(of.view()) ? string(of.view()) : error(fault::not_utf8);
    case kind::timestamp: {
      const auto text = timestamp_text(of);
      return text ? keep(*text, kind::string, memory) : error(fault::out_of_range);
    }
    case kind::duration:
      return keep(duration_text(of.integer), kind::string, memory);
    case kind::error:
    case kind::null:
    case kind::list:
    case kind::map:
    case kind::dynamic:
      break;
  }
  return error(fault::wrong_kind);
}

value to_bool(const value& of) {
  constexpr std::array<std::string_view, 5> yes{"true", "True", "TRUE", "t", "1"};
  constexpr std::array<std::string_view, 5> no{"false", "False", "FALSE", "f", "0"};
  if (of.is == kind::boolean) return of;
  if (of.is != kind::string) return error(fault::wrong_kind);
  if (std::ranges::find(yes, of.view()) != yes.end()) return boolean(true);
  return std::ranges::find(no, of.view()) != no.end() ? boolean(false) : error(fault::bad_conversion);
}

value to_numeric(const value& of, arena& memory) {
  if (of.is == kind::numeric) return of;
  if (of.is == kind::integer) return number_text(of.integer, kind::numeric, memory);
  if (of.is == kind::unsigned_integer) return number_text(of.unsigned_integer, kind::numeric, memory);
  if (of.is == kind::real) return real_text(of.real, kind::numeric, memory);
  if (of.is != kind::string) return error(fault::wrong_kind);
  return decimal::parse(of.view()) ? text_of(kind::numeric, of.view()) : error(fault::bad_conversion);
}

value to_bytes(const value& of) {
  if (of.is == kind::bytes) return of;
  return of.is == kind::string ? text_of(kind::bytes, of.view()) : error(fault::wrong_kind);
}

value to_timestamp(const value& of) {
  if (of.is == kind::timestamp) return of;
  if (of.is == kind::integer) return timestamp_from_seconds(of.integer);
  return of.is == kind::string ? timestamp_from_rfc3339(of.view()) : error(fault::wrong_kind);
}

value to_duration(const value& of) {
  if (of.is == kind::duration) return of;
  return of.is == kind::string ? duration_from_text(of.view()) : error(fault::wrong_kind);
}

value to_lsn(const value& of) {
  if (of.is != kind::string) return error(fault::wrong_kind);
  const auto read = lsn::parse(of.view());
  return read ? unsigned_integer(read->value()) : error(fault::bad_conversion);
}

}  // namespace

value convert(opcode to, const value& of, arena& memory, work& budget) {
  if (of.is == kind::null) return error(fault::null_value);
  const bool is_text = of.is == kind::string || of.is == kind::bytes || of.is == kind::numeric;
  if (is_text && !budget.take_bytes(of.extra)) return error(fault::too_much_work);
  if (to == opcode::to_int) return to_int(of);
  if (to == opcode::to_uint) return to_uint(of);
  if (to == opcode::to_double) return to_double(of);
  if (to == opcode::to_string) return to_string(of, memory);
  if (to == opcode::to_bytes) return to_bytes(of);
  if (to == opcode::to_bool) return to_bool(of);
  if (to == opcode::to_timestamp) return to_timestamp(of);
  if (to == opcode::to_duration) return to_duration(of);
  if (to == opcode::to_numeric) return to_numeric(of, memory);
  return to == opcode::to_lsn ? to_lsn(of) : error(fault::wrong_kind);
}

}  // namespace weir::filter
