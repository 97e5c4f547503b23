#include <encode/bits.hpp>
#include <encode/json_text.hpp>
#include <encode/unavailable.hpp>

#include <openssl/evp.h>

#include <array>

namespace weir::encode {

namespace {

using kind = connect_schema::kind;

std::string binary_json(const value_modes& modes) {
  text_buffer to;
  append_binary(to, modes.unavailable, modes.binary);
  return std::string(to.view(0, to.size()));
}

std::string codes_json(std::string_view bytes) {
  std::string json = "[";
  for (const char byte : bytes) {
    if (json.size() > 1) json += ',';
    json += std::to_string(static_cast<unsigned char>(byte));
  }
  return json + "]";
}

std::string uuid_json(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_md5(), nullptr) != 1 || size < 16) {
    return "\"00000000-0000-3000-8000-000000000000\"";  // no MD5 here, as FIPS demands
  }
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0FU) | 0x30U);
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3FU) | 0x80U);
  text_buffer hex;
  append_hex(hex, {reinterpret_cast<const char*>(digest.data()), 16});
  std::string json(hex.view(0, hex.size()));
  for (const std::size_t at : {9, 14, 19, 24}) json.insert(at, 1, '-');
  return json;
}

std::string array_json(const cell& item, std::string_view type_name, const value_modes& modes) {
  if (type_name == "bytea") return "[" + binary_json(modes) + "]";
  if (type_name == "uuid") return "[" + uuid_json(modes.unavailable) + "]";
  switch (item.schema.is) {
    case kind::string:
      return "[" + json_string(modes.unavailable) + "]";
    case kind::int8:
    case kind::int16:
    case kind::int32:
    case kind::int64:
    case kind::float32:
    case kind::float64:
      return codes_json(modes.unavailable);
    case kind::boolean:
    case kind::bytes:
    case kind::array:
    case kind::map:
    case kind::structure:
      break;
  }
  return json_string(modes.unavailable);
}

}  // namespace

std::string unavailable_json(const cell& of, std::string_view type_name, const value_modes& modes) {
  const std::string text = json_string(modes.unavailable);
  if (of.schema.is == kind::array && of.item != nullptr) return array_json(*of.item, type_name, modes);
  if (of.schema.is == kind::map) return "{" + text + ":" + text + "}";
  return type_name == "bytea" ? binary_json(modes) : text;
}

}  // namespace weir::encode
