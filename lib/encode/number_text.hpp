#pragma once

#include <encode/cell.hpp>

#include <cstddef>
#include <string_view>

namespace weir::encode {

[[nodiscard]] inline bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

/// How many digits `text` begins with.
[[nodiscard]] std::size_t count_digits(std::string_view text);

/// Take JSON's integer part (no sign but a minus, no leading zero), fraction and exponent off the front. False:
/// what is there is something else. A part that may be missing is true then.
bool take_integer(std::string_view& text);
bool take_fraction(std::string_view& text);
bool take_exponent(std::string_view& text);

/// Appends a text that needs no escaping, with quotes around it.
void append_quoted(text_buffer& to, std::string_view plain);

/// The server's shortest text as a number, or NaN and the infinities as words. False: it is none of these.
bool append_float(text_buffer& to, std::string_view text);

/// How Java shows a double (Double.toString): `1.0`, `1.0E10`. `text` is the server's; false: it is no number.
bool append_java_double(text_buffer& to, std::string_view text);

[[nodiscard]] cell boolean_cell();
/// `width` in bytes: 2, 4 or 8.
[[nodiscard]] cell integer_cell(std::size_t width);
/// `width` in bytes: 4 or 8.
[[nodiscard]] cell float_cell(std::size_t width);

}  // namespace weir::encode
