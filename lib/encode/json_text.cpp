#include <encode/json_text.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace weir::encode {

namespace {

/// For each byte: 0 when JSON takes it as it is, the letter after the backslash, or 'u' for \u00XX.
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> letters{};
  for (std::size_t control = 0; control < 0x20; ++control) letters[control] = 'u';
  letters['\b'] = 'b';
  letters['\t'] = 't';
  letters['\n'] = 'n';
  letters['\f'] = 'f';
  letters['\r'] = 'r';
  letters['"'] = '"';
  letters['\\'] = '\\';
  return letters;
}

constexpr std::array<char, 256> escapes = make_escapes();
constexpr std::size_t longest_escape = 6;  // \u001F
/// Texts go in pieces, because the room for the worst case is six times the text: nothing for a name, too much
/// for a document.
constexpr std::size_t piece = 4 * kibibyte;
constexpr std::string_view upper_digits = "0123456789ABCDEF";

constexpr std::size_t at(char byte) { return static_cast<unsigned char>(byte); }

/// Fixed sizes and no branch inside, so that the compiler makes vector instructions of it on every processor.
template <std::size_t Size>
bool is_plain(const char* in) {
  unsigned char escaped = 0;
  for (std::size_t i = 0; i < Size; ++i) {
    const auto byte = static_cast<unsigned char>(in[i]);
    escaped |= static_cast<unsigned char>(byte < 0x20) | static_cast<unsigned char>(byte == '"') |
               static_cast<unsigned char>(byte == '\\');
  }
  return escaped == 0;
}

char* escape_bytes(char* out, const char* in, const char* end) {
  for (; in != end; ++in) {
    const char letter = escapes[at(*in)];
    if (letter == 0) {
      *out++ = *in;
      continue;
    }
    *out++ = '\\';
    *out++ = letter;
    if (letter != 'u') continue;
    *out++ = '0';
    *out++ = '0';
    *out++ = upper_digits[at(*in) >> 4U];
    *out++ = upper_digits[at(*in) & 0xFU];
  }
  return out;
}

template <std::size_t Size>
char* escape_block(char* out, const char* in) {
  if (!is_plain<Size>(in)) return escape_bytes(out, in, in + Size);
  std::memcpy(out, in, Size);
  return out + Size;
}

char* escape_piece(char* out, const char* in, const char* end) {
  for (; end - in >= 16; in += 16) out = escape_block<16>(out, in);
  if (end - in >= 8) {
    out = escape_block<8>(out, in);
    in += 8;
  }
  return escape_bytes(out, in, end);
}

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char* encode_three(char* out, std::uint32_t bits) {
  out[0] = base64_digits[bits >> 18U];
  out[1] = base64_digits[(bits >> 12U) & 63U];
  out[2] = base64_digits[(bits >> 6U) & 63U];
  out[3] = base64_digits[bits & 63U];
  return out + 4;
}

/// `byte_at(i)` is the i-th byte; anything above 255 says that there is no such byte, and ends it with false.
template <class ByteAt>
bool append_base64_with(text_buffer& to, std::size_t count, ByteAt byte_at) {
  char* out = to.room((count + 2) / 3 * 4 + 2);
  *out++ = '"';
  std::size_t i = 0;
  std::uint32_t seen = 0;
  for (; i + 3 <= count; i += 3) {
    const std::uint32_t first = byte_at(i);
    const std::uint32_t second = byte_at(i + 1);
    const std::uint32_t third = byte_at(i + 2);
    seen |= first | second | third;
    out = encode_three(out, (first & 255U) << 16U | (second & 255U) << 8U | (third & 255U));
  }
  if (const std::size_t left = count - i; left != 0) {
    const std::uint32_t first = byte_at(i);
    const std::uint32_t second = left == 2 ? byte_at(i + 1) : 0;
    seen |= first | second;
    out = encode_three(out, (first & 255U) << 16U | (second & 255U) << 8U);
    out[-1] = '=';
    if (left == 1) out[-2] = '=';
  }
  *out++ = '"';
  to.take(out);
  return seen <= 255;
}

constexpr std::uint32_t no_digit = 256;

constexpr std::array<std::uint16_t, 256> make_hex_values() {
  std::array<std::uint16_t, 256> values{};
  values.fill(no_digit);
  for (std::uint16_t digit = 0; digit < 10; ++digit) values[std::size_t{'0'} + digit] = digit;
  for (std::uint16_t digit = 0; digit < 6; ++digit) {
    values[std::size_t{'a'} + digit] = static_cast<std::uint16_t>(10 + digit);
    values[std::size_t{'A'} + digit] = static_cast<std::uint16_t>(10 + digit);
  }
  return values;
}

constexpr std::array<std::uint16_t, 256> hex_values = make_hex_values();

}  // namespace

void append_escaped(text_buffer& to, std::string_view text) {
  while (!text.empty()) {
    const std::string_view now = text.substr(0, std::min(piece, text.size()));
    to.take(escape_piece(to.room(now.size() * longest_escape), now.data(), now.data() + now.size()));
    text.remove_prefix(now.size());
  }
}

void append_string(text_buffer& to, std::string_view text) {
  if (text.size() <= piece) {
    char* out = to.room(text.size() * longest_escape + 2);
    *out++ = '"';
    out = escape_piece(out, text.data(), text.data() + text.size());
    *out++ = '"';
    to.take(out);
    return;
  }
  to.append("\"");
  append_escaped(to, text);
  to.append("\"");
}

std::string json_string(std::string_view text) {
  text_buffer quoted;
  append_string(quoted, text);
  return std::string(quoted.view(0, quoted.size()));
}

void append_base64(text_buffer& to, std::string_view bytes) {
  append_base64_with(to, bytes.size(), [&](std::size_t i) { return static_cast<std::uint32_t>(at(bytes[i])); });
}

bool append_base64_of_hex(text_buffer& to, std::string_view digits) {
  if (digits.size() % 2 != 0) return false;
  return append_base64_with(to, digits.size() / 2, [&](std::size_t i) -> std::uint32_t {
    // A wrong digit is 256 or more in either half and stays above 255.
    return std::uint32_t{hex_values[at(digits[2 * i])]} << 4U | hex_values[at(digits[2 * i + 1])];
  });
}

}  // namespace weir::encode
