#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::filter {

[[nodiscard]] bool is_utf8(std::string_view text);

/// Of a text that is valid UTF-8; of others some number.
[[nodiscard]] inline std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (const char each : text) count += (static_cast<unsigned char>(each) & 0xC0U) != 0x80U;
  return count;
}

/// `character` is a Unicode scalar value.
void append_utf8(std::string& to, std::uint32_t character);

/// Neither a surrogate nor beyond Unicode's end.
[[nodiscard]] inline bool is_scalar(std::uint32_t character) {
  return character < 0xD800 || (character > 0xDFFF && character <= 0x10FFFF);
}

}  // namespace weir::filter
