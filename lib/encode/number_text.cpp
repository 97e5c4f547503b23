#include <encode/json_text.hpp>
#include <encode/number_text.hpp>

#include <array>
#include <charconv>

namespace weir::encode {

namespace {

bool write_boolean(text_buffer& to, std::string_view text, const cell&) {
  if (text != "t" && text != "f") return false;
  to.append(text == "t" ? "true" : "false");
  return true;
}

bool write_integer(text_buffer& to, std::string_view text, const cell&) {
  constexpr std::size_t longest = 20;  // -9223372036854775808
  std::string_view rest = text;
  if (text.size() > longest || !take_integer(rest) || !rest.empty()) return false;
  to.append(text);
  return true;
}

bool write_float(text_buffer& to, std::string_view text, const cell&) { return append_float(to, text); }

/// The digits of a number without point and leading zeros, and where its point stands: 0.digits x 10^exponent.
struct parts {
  std::array<char, 32> digits{};
  std::size_t count = 0;
  std::int64_t exponent = 0;
  bool is_negative = false;
};

bool read_parts(std::string_view text, parts& into) {
  std::string_view rest = text;
  if (!take_integer(rest) || !take_fraction(rest)) return false;
  const std::string_view mantissa = text.substr(0, text.size() - rest.size());
  std::int64_t power = 0;
  if (!rest.empty()) {
    const std::string_view number = rest.substr(rest.starts_with("e+") ? 2 : 1);
    if (!take_exponent(rest) || !rest.empty()) return false;
    if (std::from_chars(number.data(), number.data() + number.size(), power).ec != std::errc{}) return false;
  }
  into.is_negative = mantissa.starts_with('-');
  bool is_after_point = false;
  for (const char byte : mantissa) {
    if (byte == '.') is_after_point = true;
    if (!is_digit(byte)) continue;
    const bool is_leading_zero = into.count == 0 && byte == '0';
    if (is_after_point ? is_leading_zero : false) --into.exponent;
    if (is_leading_zero) continue;
    if (into.count == into.digits.size()) return false;  // more than any double's shortest text has
    into.digits[into.count++] = byte;
    if (!is_after_point) ++into.exponent;
  }
  into.exponent += power;
  while (into.count > 1 && into.digits[into.count - 1] == '0') --into.count;
  return true;
}

void append_digits(text_buffer& to, const parts& of, std::size_t from, std::size_t until) {
  if (until > of.count) until = of.count;
  if (from < until) to.append({of.digits.data() + from, until - from});
}

/// At least one digit on either side of the point.
void append_plain(text_buffer& to, const parts& of) {
  const auto before = static_cast<std::size_t>(of.exponent > 0 ? of.exponent : 0);
  if (before == 0) to.append("0");
  append_digits(to, of, 0, before);
  for (std::size_t zero = of.count; zero < before; ++zero) to.append("0");
  to.append(".");
  for (std::int64_t zero = of.exponent; zero < 0; ++zero) to.append("0");
  if (of.count <= before) {
    to.append("0");
  } else {
    append_digits(to, of, before, of.count);
  }
}

}  // namespace

std::size_t count_digits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  return count;
}

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

void append_quoted(text_buffer& to, std::string_view plain) {
  char* out = to.room(plain.size() + 2);
  *out++ = '"';
  std::memcpy(out, plain.data(), plain.size());
  out += plain.size();
  *out++ = '"';
  to.take(out);
}

bool append_float(text_buffer& to, std::string_view text) {
  if (text == "NaN" || text == "Infinity" || text == "-Infinity") {
    append_quoted(to, text);
    return true;
  }
  std::string_view rest = text;
  if (!take_integer(rest) || !take_fraction(rest) || !take_exponent(rest) || !rest.empty()) return false;
  to.append(text);
  if (text == "-0") to.append(".0");  // an integer has no such zero: readers of JSON would drop the sign
  return true;
}

bool append_java_double(text_buffer& to, std::string_view text) {
  if (text == "NaN" || text == "Infinity" || text == "-Infinity") {
    to.append(text);
    return true;
  }
  parts number;
  if (!read_parts(text, number)) return false;
  if (number.is_negative) to.append("-");
  if (number.count == 0) {
    to.append("0.0");
    return true;
  }
  if (number.exponent > -3 && number.exponent <= 7) {
    append_plain(to, number);
    return true;
  }
  append_digits(to, number, 0, 1);
  to.append(".");
  if (number.count == 1) to.append("0");
  append_digits(to, number, 1, number.count);
  to.append("E");
  append_number(to, number.exponent - 1);
  return true;
}

cell boolean_cell() {
  cell made{write_boolean, "bool"};
  made.schema.is = connect_schema::kind::boolean;
  made.fallback = "false";
  return made;
}

cell integer_cell(std::size_t width) {
  cell made{write_integer, "integer"};
  made.schema.is = width == 2   ? connect_schema::kind::int16
                   : width == 4 ? connect_schema::kind::int32
                                : connect_schema::kind::int64;
  made.fallback = "0";
  return made;
}

cell float_cell(std::size_t width) {
  cell made{write_float, "float"};
  made.schema.is = width == 4 ? connect_schema::kind::float32 : connect_schema::kind::float64;
  made.fallback = "0.0";
  return made;
}

}  // namespace weir::encode
