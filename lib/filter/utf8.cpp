#include <filter/utf8.hpp>

#include <simdjson.h>

namespace weir::filter {

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

void append_utf8(std::string& to, std::uint32_t character) {
  const auto push = [&to](std::uint32_t byte) { to.push_back(static_cast<char>(byte)); };
  if (character < 0x80) {
    push(character);
  } else if (character < 0x800) {
    push(0xC0U | character >> 6U);
    push(0x80U | (character & 0x3FU));
  } else if (character < 0x10000) {
    push(0xE0U | character >> 12U);
    push(0x80U | (character >> 6U & 0x3FU));
    push(0x80U | (character & 0x3FU));
  } else {
    push(0xF0U | character >> 18U);
    push(0x80U | (character >> 12U & 0x3FU));
    push(0x80U | (character >> 6U & 0x3FU));
    push(0x80U | (character & 0x3FU));
  }
}

}  // namespace weir::filter
