#include <encode/base64_writer.hpp>
#include <encode/bits.hpp>
#include <encode/json_text.hpp>
#include <encode/number_text.hpp>
#include <encode/schema_of.hpp>

#include <algorithm>
#include <limits>

namespace weir::encode {

namespace {

using kind = connect_schema::kind;

bool write_single(text_buffer& to, std::string_view text, const cell&) {
  if (text != "0" && text != "1") return false;
  to.append(text == "1" ? "true" : "false");
  return true;
}

bool write_bits(text_buffer& to, std::string_view text, const cell&) {
  if (text.find_first_not_of("01") != std::string_view::npos) return false;
  const std::size_t highest = text.find('1');
  const std::size_t count = highest == std::string_view::npos ? 0 : (text.size() - highest + 7) / 8;
  append_base64_with(to, count, [&](std::size_t i) {
    std::uint32_t byte = 0;
    for (std::size_t bit = 0; bit < 8 && 8 * i + bit < text.size(); ++bit) {
      if (text[text.size() - 1 - 8 * i - bit] == '1') byte |= 1U << bit;
    }
    return byte;
  });
  return true;
}

bool write_bytea(text_buffer& to, std::string_view text, const cell&) {
  return text.starts_with("\\x") && append_base64_of_hex(to, text.substr(2));
}

bool write_bytea_url_safe(text_buffer& to, std::string_view text, const cell&) {
  return text.starts_with("\\x") && append_url_safe_base64_of_hex(to, text.substr(2));
}

bool write_bytea_hex(text_buffer& to, std::string_view text, const cell&) {
  if (!text.starts_with("\\x") || text.size() % 2 != 0) return false;
  text.remove_prefix(2);
  if (text.find_first_not_of("0123456789abcdef") != std::string_view::npos) return false;
  append_quoted(to, text);
  return true;
}

template <binary_mode Mode>
bool write_opaque(text_buffer& to, std::string_view text, const cell&) {
  append_binary(to, text, Mode);
  return true;
}

/// The text with its numbers as Java shows them: Debezium's driver makes objects of geometric values and prints
/// them.
bool append_geometric(text_buffer& to, std::string_view text) {
  constexpr std::string_view of_numbers = "0123456789+-.eEInfityNa";
  while (!text.empty()) {
    const std::size_t before = std::min(text.find_first_of(of_numbers), text.size());
    to.append(text.substr(0, before));
    text.remove_prefix(before);
    const std::size_t number = std::min(text.find_first_not_of(of_numbers), text.size());
    if (number != 0 && !append_java_double(to, text.substr(0, number))) return false;
    text.remove_prefix(number);
  }
  return true;
}

template <binary_mode Mode>
bool write_geometric(text_buffer& to, std::string_view text, const cell&) {
  text_buffer shown;
  if (!append_geometric(shown, text)) return false;
  append_binary(to, shown.view(0, shown.size()), Mode);
  return true;
}

template <template <binary_mode> class Writers>
cell::writer by_mode(binary_mode mode) {
  switch (mode) {
    case binary_mode::bytes:
      return Writers<binary_mode::bytes>::write;
    case binary_mode::base64:
      return Writers<binary_mode::base64>::write;
    case binary_mode::base64_url_safe:
      return Writers<binary_mode::base64_url_safe>::write;
    case binary_mode::hex:
      return Writers<binary_mode::hex>::write;
  }
  return nullptr;
}

template <binary_mode Mode>
struct opaque_writers {
  static constexpr cell::writer write = write_opaque<Mode>;
};
template <binary_mode Mode>
struct geometric_writers {
  static constexpr cell::writer write = write_geometric<Mode>;
};

cell::writer bytea_writer(binary_mode mode) {
  switch (mode) {
    case binary_mode::bytes:
    case binary_mode::base64:
      return write_bytea;
    case binary_mode::base64_url_safe:
      return write_bytea_url_safe;
    case binary_mode::hex:
      return write_bytea_hex;
  }
  return nullptr;
}

cell binary_cell(cell::writer write, std::string_view type, binary_mode mode) {
  cell made{write, type};
  made.schema.is = mode == binary_mode::bytes ? kind::bytes : kind::string;
  made.fallback = "\"\"";
  return made;
}

}  // namespace

cell bits_cell(std::int32_t length) {
  if (length == 1) {
    cell made{write_single, "bit"};
    made.schema.is = kind::boolean;
    made.fallback = "false";
    return made;
  }
  cell made{write_bits, "bit"};
  made.schema = schema_of(kind::bytes, "io.debezium.data.Bits");
  const std::int32_t shown = length < 0 ? std::numeric_limits<std::int32_t>::max() : length;
  made.schema.parameters = {{"length", std::to_string(shown)}};
  made.fallback = "\"\"";
  return made;
}

cell bytea_cell(const value_modes& modes) {
  return binary_cell(bytea_writer(modes.binary), "bytea", modes.binary);
}

cell opaque_cell(const value_modes& modes, bool is_geometric) {
  return binary_cell(
      is_geometric ? by_mode<geometric_writers>(modes.binary) : by_mode<opaque_writers>(modes.binary), "text",
      modes.binary);
}

void append_binary(text_buffer& to, std::string_view bytes, binary_mode binary) {
  switch (binary) {
    case binary_mode::bytes:
    case binary_mode::base64:
      append_base64(to, bytes);
      break;
    case binary_mode::base64_url_safe:
      append_url_safe_base64(to, bytes);
      break;
    case binary_mode::hex:
      append_hex(to, bytes);
      break;
  }
}

}  // namespace weir::encode
