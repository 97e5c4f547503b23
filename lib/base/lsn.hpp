#pragma once

#include <fmt/format.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// A log sequence number: a byte position in PostgreSQL's write-ahead log. Zero is "none" (InvalidXLogRecPtr).
/// Text form is PostgreSQL's own: two hexadecimal halves, `16/B374D848`.
class lsn {
 public:
  constexpr lsn() = default;
  constexpr explicit lsn(std::uint64_t value) : value_(value) {}

  [[nodiscard]] constexpr std::uint64_t value() const { return value_; }
  [[nodiscard]] constexpr bool is_set() const { return value_ != 0; }
  constexpr auto operator<=>(const lsn&) const = default;

  /// Reads the text form; nothing when `text` is anything else, a sign or a space included.
  static std::optional<lsn> parse(std::string_view text);

 private:
  std::uint64_t value_ = 0;
};

[[nodiscard]] std::string to_string(lsn at);

}  // namespace weir

template <>
struct fmt::formatter<weir::lsn> : fmt::formatter<fmt::string_view> {
  template <class Context>
  auto format(weir::lsn at, Context& context) const {
    return fmt::format_to(context.out(), "{:X}/{:X}", at.value() >> 32U, at.value() & 0xFFFFFFFFU);
  }
};
