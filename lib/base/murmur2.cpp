#include <base/murmur2.hpp>

#include <cstddef>

namespace weir {
namespace {

std::uint32_t byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

}  // namespace

std::uint32_t murmur2(std::string_view bytes) {
  constexpr std::uint32_t seed = 0x9747'B28C;
  constexpr std::uint32_t factor = 0x5BD1'E995;
  constexpr std::size_t word = 4;

  auto hash = seed ^ static_cast<std::uint32_t>(bytes.size());
  for (; bytes.size() >= word; bytes.remove_prefix(word)) {
    auto next =
        byte_at(bytes, 0) | byte_at(bytes, 1) << 8U | byte_at(bytes, 2) << 16U | byte_at(bytes, 3) << 24U;
    next *= factor;
    next ^= next >> 24U;
    next *= factor;
    hash = hash * factor ^ next;
  }
  if (bytes.size() > 2) hash ^= byte_at(bytes, 2) << 16U;
  if (bytes.size() > 1) hash ^= byte_at(bytes, 1) << 8U;
  if (!bytes.empty()) hash = (hash ^ byte_at(bytes, 0)) * factor;
  hash ^= hash >> 13U;
  hash *= factor;
  return hash ^ hash >> 15U;
}

}  // namespace weir
