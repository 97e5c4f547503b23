#include <base/lsn.hpp>

#include <charconv>

namespace weir {
namespace {

constexpr std::size_t most_digits_of_half = 8;

std::optional<std::uint32_t> parse_half(std::string_view digits) {
  if (digits.empty() || digits.size() > most_digits_of_half) return std::nullopt;
  std::uint32_t value = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, 16);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<lsn> lsn::parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto high = parse_half(text.substr(0, slash));
  const auto low = parse_half(text.substr(slash + 1));
  if (!high || !low) return std::nullopt;
  return lsn{(std::uint64_t{*high} << 32U) | *low};
}

std::string to_string(lsn at) { return fmt::format("{}", at); }

}  // namespace weir
