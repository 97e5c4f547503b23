#pragma once

#include <encode/text_buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::encode {

inline constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// RFC 4648, section 5.
inline constexpr std::string_view url_safe_base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

inline char* encode_three(char* out, std::uint32_t bits, const char* digits) {
  out[0] = digits[bits >> 18U];
  out[1] = digits[(bits >> 12U) & 63U];
  out[2] = digits[(bits >> 6U) & 63U];
  out[3] = digits[bits & 63U];
  return out + 4;
}

/// Appends `count` bytes as base64 with padding, in quotes. `byte_at(i)` is the i-th of them; anything above
/// 255 says that there is no such byte, and ends it with false.
template <class ByteAt>
bool append_base64_with(text_buffer& to, std::size_t count, ByteAt byte_at,
                        std::string_view alphabet = base64_digits) {
  const char* const digits = alphabet.data();
  char* out = to.room((count + 2) / 3 * 4 + 2);
  *out++ = '"';
  std::size_t i = 0;
  std::uint32_t seen = 0;
  for (; i + 3 <= count; i += 3) {
    const std::uint32_t first = byte_at(i);
    const std::uint32_t second = byte_at(i + 1);
    const std::uint32_t third = byte_at(i + 2);
    seen |= first | second | third;
    out = encode_three(out, (first & 255U) << 16U | (second & 255U) << 8U | (third & 255U), digits);
  }
  if (const std::size_t left = count - i; left != 0) {
    const std::uint32_t first = byte_at(i);
    const std::uint32_t second = left == 2 ? byte_at(i + 1) : 0;
    seen |= first | second;
    out = encode_three(out, (first & 255U) << 16U | (second & 255U) << 8U, digits);
    out[-1] = '=';
    if (left == 1) out[-2] = '=';
  }
  *out++ = '"';
  to.take(out);
  return seen <= 255;
}

}  // namespace weir::encode
