#include <encode/big_integer.hpp>
#include <encode/json_text.hpp>
#include <encode/number_text.hpp>

#include <array>
#include <cstdint>
#include <vector>

namespace weir::encode {

namespace {

/// Little-endian limbs of a magnitude.
using limbs = std::vector<std::uint64_t>;

/// value = value * factor + more
void grow(limbs& value, std::uint64_t factor, std::uint64_t more) {
  std::uint64_t carry = more;
  for (std::uint64_t& limb : value) {
    const auto product = static_cast<unsigned __int128>(limb) * factor + carry;
    limb = static_cast<std::uint64_t>(product);
    carry = static_cast<std::uint64_t>(product >> 64U);
  }
  if (carry != 0) value.push_back(carry);
}

/// As many digits at once as 64 bits hold: the time goes with the number of chunks times that of limbs.
limbs magnitude_of(std::string_view digits) {
  constexpr unsigned digits_at_once = 19;
  constexpr std::uint64_t factor_of_all = 10'000'000'000'000'000'000U;
  limbs value;
  value.reserve(digits.size() / digits_at_once + 1);
  std::uint64_t factor = 1;
  std::uint64_t chunk = 0;
  for (const char byte : digits) {
    if (!is_digit(byte)) continue;
    chunk = chunk * 10 + static_cast<std::uint64_t>(byte - '0');
    factor *= 10;
    if (factor != factor_of_all) continue;
    grow(value, factor, chunk);
    factor = 1;
    chunk = 0;
  }
  if (factor != 1) grow(value, factor, chunk);
  return value;
}

/// Writes the two's complement of `count` bytes; `byte_at(i)` is the magnitude's i-th byte from the least.
/// Begins with the byte that holds the sign where the magnitude does not leave room for it.
template <class ByteAt>
void append_complement(text_buffer& to, std::size_t count, bool is_negative, ByteAt byte_at,
                       std::string& scratch) {
  scratch.resize(count + 1);
  unsigned carry = is_negative ? 1 : 0;
  for (std::size_t i = 0; i <= count; ++i) {
    unsigned byte = i < count ? byte_at(i) : 0;
    if (is_negative) {
      byte = (~byte & 255U) + carry;
      carry = byte >> 8U;
    }
    scratch[count - i] = static_cast<char>(byte);
  }
  const auto sign_of = [](char byte) { return (static_cast<unsigned char>(byte) & 128U) != 0; };
  std::size_t begin = 0;
  const char filler = is_negative ? '\xff' : '\0';
  while (begin < count && scratch[begin] == filler && sign_of(scratch[begin + 1]) == is_negative) ++begin;
  append_base64(to, std::string_view(scratch).substr(begin));
}

void append_small(text_buffer& to, unsigned __int128 magnitude, bool is_negative) {
  std::array<char, 17> bytes{};  // 16 and one for the sign
  unsigned __int128 value = is_negative ? -magnitude : magnitude;
  for (std::size_t i = bytes.size(); i > 1; --i) {
    bytes[i - 1] = static_cast<char>(value & 255U);
    value >>= 8U;
  }
  const bool shows_sign = is_negative && magnitude != 0;
  bytes[0] = shows_sign ? '\xff' : '\0';
  const auto sign_of = [](char byte) { return (static_cast<unsigned char>(byte) & 128U) != 0; };
  std::size_t begin = 0;
  while (begin + 1 < bytes.size() && bytes[begin] == bytes[0] && sign_of(bytes[begin + 1]) == shows_sign)
    ++begin;
  append_base64(to, {bytes.data() + begin, bytes.size() - begin});
}

}  // namespace

void append_unscaled(text_buffer& to, std::string_view digits) {
  const bool is_negative = digits.starts_with('-');
  constexpr std::size_t most_small = 38;  // with minus and point: 10^38 is below 2^127
  if (digits.size() <= most_small) {
    unsigned __int128 magnitude = 0;
    for (const char byte : digits) {
      if (is_digit(byte)) magnitude = magnitude * 10 + static_cast<unsigned>(byte - '0');
    }
    append_small(to, magnitude, is_negative);
    return;
  }
  const limbs value = magnitude_of(digits);
  std::string scratch;
  append_complement(
      to, value.size() * 8, is_negative && !value.empty(),
      [&](std::size_t i) { return static_cast<unsigned>((value[i / 8] >> (8 * (i % 8))) & 255U); }, scratch);
}

}  // namespace weir::encode
