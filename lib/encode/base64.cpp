#include <encode/base64.hpp>

#include <array>
#include <cstdint>

namespace weir::encode {
namespace {

constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> values = [] {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::uint8_t, 256> made{};
  made.fill(no_digit);
  for (std::size_t n = 0; n < alphabet.size(); ++n) {
    made[static_cast<unsigned char>(alphabet[n])] = static_cast<std::uint8_t>(n);
  }
  return made;
}();

}  // namespace

bool append_bytes_of_base64(std::string& to, std::string_view text) {
  if (text.size() % 4 != 0) return false;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  to.reserve(to.size() + text.size() / 4 * 3);
  for (std::size_t at = 0; at < text.size(); at += 4) {
    const bool is_last = at + 4 == text.size();
    const std::size_t digits = is_last ? 4 - padding : 4;
    std::uint32_t bits = 0;
    for (std::size_t n = 0; n < 4; ++n) {
      const auto value = n < digits ? values[static_cast<unsigned char>(text[at + n])] : std::uint8_t{0};
      if (value == no_digit) return false;
      bits = (bits << 6U) | value;
    }
    for (std::size_t n = 0; n + 1 < digits; ++n) to += static_cast<char>((bits >> (16U - 8U * n)) & 0xFFU);
    const std::uint32_t unused = digits == 4 ? 0 : bits & (digits == 3 ? 0xFFU : 0xFFFFU);
    if (unused != 0) return false;
  }
  return true;
}

}  // namespace weir::encode
