#include <encode/base64_writer.hpp>
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

auto bytes_of_hex(std::string_view digits) {
  return [digits](std::size_t i) -> std::uint32_t {
    // A wrong digit is 256 or more in either half and stays above 255.
    return std::uint32_t{hex_values[at(digits[2 * i])]} << 4U | hex_values[at(digits[2 * i + 1])];
  };
}

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

void append_url_safe_base64(text_buffer& to, std::string_view bytes) {
  append_base64_with(
      to, bytes.size(), [&](std::size_t i) { return static_cast<std::uint32_t>(at(bytes[i])); },
      url_safe_base64_digits);
}

void append_hex(text_buffer& to, std::string_view bytes) {
  constexpr std::string_view lower_digits = "0123456789abcdef";
  char* out = to.room(bytes.size() * 2 + 2);
  *out++ = '"';
  for (const char byte : bytes) {
    *out++ = lower_digits[at(byte) >> 4U];
    *out++ = lower_digits[at(byte) & 0xFU];
  }
  *out++ = '"';
  to.take(out);
}

bool append_base64_of_hex(text_buffer& to, std::string_view digits) {
  return digits.size() % 2 == 0 && append_base64_with(to, digits.size() / 2, bytes_of_hex(digits));
}

bool append_url_safe_base64_of_hex(text_buffer& to, std::string_view digits) {
  return digits.size() % 2 == 0 &&
         append_base64_with(to, digits.size() / 2, bytes_of_hex(digits), url_safe_base64_digits);
}

}  // namespace weir::encode
