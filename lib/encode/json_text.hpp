#pragma once

#include <encode/text_buffer.hpp>

#include <charconv>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace weir::encode {

/// Appends `text` as the inside of a JSON string: quote, backslash and control characters escaped, everything
/// else (UTF-8 included) as it is.
void append_escaped(text_buffer& to, std::string_view text);

/// The same with quotes around it.
void append_string(text_buffer& to, std::string_view text);

/// The same as a string of its own, for what is prepared once.
[[nodiscard]] std::string json_string(std::string_view text);

/// Standard base64 with padding, in quotes.
void append_base64(text_buffer& to, std::string_view bytes);

/// The same with the letters that a URL takes as they are.
void append_url_safe_base64(text_buffer& to, std::string_view bytes);
/// Hexadecimal digits in lower case, in quotes.
void append_hex(text_buffer& to, std::string_view bytes);

/// The first two for bytes that are given as hexadecimal digits. False: `digits` is something else.
bool append_base64_of_hex(text_buffer& to, std::string_view digits);
bool append_url_safe_base64_of_hex(text_buffer& to, std::string_view digits);

template <std::integral Number>
void append_number(text_buffer& to, Number number) {
  constexpr std::size_t longest = std::numeric_limits<Number>::digits10 + 2;
  char* const out = to.room(longest);
  to.take(std::to_chars(out, out + longest, number).ptr);
}

}  // namespace weir::encode
