#include <encode/cell.hpp>
#include <encode/json_text.hpp>
#include <encode/temporal.hpp>

namespace weir::encode {

namespace {

/// pg_type.oid of the types with a rule of their own; fixed for all versions of PostgreSQL (pg_type.dat).
namespace oid {
constexpr std::uint32_t boolean = 16;
constexpr std::uint32_t bytea = 17;
constexpr std::uint32_t int8 = 20;
constexpr std::uint32_t int2 = 21;
constexpr std::uint32_t int4 = 23;
constexpr std::uint32_t oid = 26;
constexpr std::uint32_t float4 = 700;
constexpr std::uint32_t float8 = 701;
constexpr std::uint32_t date = 1082;
constexpr std::uint32_t time = 1083;
constexpr std::uint32_t timestamp = 1114;
constexpr std::uint32_t timestamptz = 1184;
constexpr std::uint32_t numeric = 1700;
}  // namespace oid

/// Stands where the server left a TOAST value out; Debezium's consumers look for it.
constexpr std::string_view unavailable_text = "\"__debezium_unavailable_value\"";
/// The same as bytea: base64 of its bytes.
constexpr std::string_view unavailable_bytes = "\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"";

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

std::size_t count_digits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  return count;
}

/// Takes JSON's integer part off the front: no sign but a minus, no leading zero.
bool take_integer(std::string_view& text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t digits = count_digits(text);
  if (digits == 0 || (digits > 1 && text[0] == '0')) return false;
  text.remove_prefix(digits);
  return true;
}

bool take_fraction(std::string_view& text) {
  if (!text.starts_with('.')) return true;
  text.remove_prefix(1);
  const std::size_t digits = count_digits(text);
  text.remove_prefix(digits);
  return digits != 0;
}

bool take_exponent(std::string_view& text) {
  if (!text.starts_with('e')) return true;
  text.remove_prefix(1);
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  const std::size_t digits = count_digits(text);
  text.remove_prefix(digits);
  return digits != 0;
}

bool write_boolean(text_buffer& to, std::string_view text) {
  if (text != "t" && text != "f") return false;
  to.append(text == "t" ? "true" : "false");
  return true;
}

bool write_integer(text_buffer& to, std::string_view text) {
  constexpr std::size_t longest = 20;  // -9223372036854775808
  std::string_view rest = text;
  if (text.size() > longest || !take_integer(rest) || !rest.empty()) return false;
  to.append(text);
  return true;
}

/// The server's text is the shortest that reads back as the same number, and JSON's grammar takes it.
bool write_float(text_buffer& to, std::string_view text) {
  if (text == "NaN" || text == "Infinity" || text == "-Infinity") {
    append_string(to, text);
    return true;
  }
  std::string_view rest = text;
  if (!take_integer(rest) || !take_fraction(rest) || !take_exponent(rest) || !rest.empty()) return false;
  to.append(text);
  return true;
}

void append_quoted(text_buffer& to, std::string_view plain) {
  char* out = to.room(plain.size() + 2);
  *out++ = '"';
  std::memcpy(out, plain.data(), plain.size());
  out += plain.size();
  *out++ = '"';
  to.take(out);
}

/// A string of the server's digits, with all its zeros. For what is no number Debezium's consumers know these
/// words.
bool write_numeric(text_buffer& to, std::string_view text) {
  std::string_view rest = text;
  if (take_integer(rest) && take_fraction(rest) && rest.empty()) {
    append_quoted(to, text);
    return true;
  }
  if (text == "NaN") {
    append_quoted(to, "NAN");
  } else if (text == "Infinity") {
    append_quoted(to, "POSITIVE_INFINITY");
  } else if (text == "-Infinity") {
    append_quoted(to, "NEGATIVE_INFINITY");
  } else {
    return false;
  }
  return true;
}

bool write_bytea(text_buffer& to, std::string_view text) {
  return text.starts_with("\\x") && append_base64_of_hex(to, text.substr(2));
}

bool write_text(text_buffer& to, std::string_view text) {
  append_string(to, text);
  return true;
}

cell rule_for(std::uint32_t base_type_oid, std::int32_t type_modifier) {
  switch (base_type_oid) {
    case oid::boolean:
      return {write_boolean, "bool", {}};
    case oid::int2:
    case oid::int4:
    case oid::int8:
    case oid::oid:
      return {write_integer, "integer", {}};
    case oid::float4:
    case oid::float8:
      return {write_float, "float", {}};
    case oid::numeric:
      return {write_numeric, "numeric", {}};
    case oid::bytea:
      return {write_bytea, "bytea", {}};
    case oid::date:
      return date_cell();
    case oid::time:
      return time_cell(type_modifier);
    case oid::timestamp:
      return timestamp_cell(type_modifier);
    case oid::timestamptz:
      return timestamp_with_time_zone_cell(type_modifier);
    default:
      return {write_text, "text", {}};
  }
}

}  // namespace

cell cell_for(std::uint32_t base_type_oid, std::int32_t type_modifier) {
  cell rule = rule_for(base_type_oid, type_modifier);
  rule.unavailable = base_type_oid == oid::bytea ? unavailable_bytes : unavailable_text;
  return rule;
}

}  // namespace weir::encode
