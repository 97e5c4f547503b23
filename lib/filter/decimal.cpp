#include <filter/decimal.hpp>

#include <charconv>

namespace weir::filter {

namespace {

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

std::size_t digits_in(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  return count;
}

bool skip(std::string_view& text, char byte) {
  if (!text.starts_with(byte)) return false;
  text.remove_prefix(1);
  return true;
}

/// `e5`, `E-5`. An exponent that no number needs is not taken.
bool read_exponent(std::string_view text, std::int64_t& exponent) {
  if (text.empty()) return true;
  if (!skip(text, 'e') && !skip(text, 'E')) return false;
  skip(text, '+');
  constexpr std::int64_t most = 1'000'000'000;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  return failed == std::errc{} && end == text.data() + text.size() && exponent <= most && exponent >= -most;
}

/// Compares digit by digit; points are where they were in the texts and mean nothing here.
std::strong_ordering compare_digits(std::string_view left, std::string_view right) {
  while (true) {
    skip(left, '.');
    skip(right, '.');
    if (left.empty() || right.empty()) return right.empty() <=> left.empty();
    if (left.front() != right.front()) return left.front() <=> right.front();
    left.remove_prefix(1);
    right.remove_prefix(1);
  }
}

}  // namespace

std::optional<decimal> decimal::parse(std::string_view text) {
  decimal made;
  made.is_negative_ = skip(text, '-');
  if (!made.is_negative_) skip(text, '+');
  if (text == "NaN" || text == "Infinity") {
    made.is_ = text == "NaN" ? shape::not_a_number : shape::infinite;
    return made;
  }
  const std::size_t before = digits_in(text);
  const bool has_point = before < text.size() && text[before] == '.';
  const std::size_t after = has_point ? digits_in(text.substr(before + 1)) : 0;
  const std::size_t length = before + (has_point ? 1 : 0) + after;
  std::int64_t exponent = 0;
  if (before + after == 0 || !read_exponent(text.substr(length), exponent)) return {};

  made.point_ = static_cast<std::int64_t>(before) + exponent;
  made.digits_ = text.substr(0, length);
  while (!made.digits_.empty() && (made.digits_.front() == '0' || made.digits_.front() == '.')) {
    if (made.digits_.front() == '0') --made.point_;
    made.digits_.remove_prefix(1);
  }
  if (made.digits_.empty()) return made;
  if (has_point) {
    while (made.digits_.back() == '0' || made.digits_.back() == '.') {
      const bool was_point = made.digits_.back() == '.';
      made.digits_.remove_suffix(1);
      if (was_point) break;
    }
  }
  while (!made.digits_.empty() && made.digits_.back() == '0') made.digits_.remove_suffix(1);
  return made;
}

int decimal::sign() const {
  if (is_ == shape::finite && digits_.empty()) return 0;
  return is_negative_ ? -1 : 1;
}

std::partial_ordering operator<=>(const decimal& left, const decimal& right) {
  using shape = decimal::shape;
  if (left.is_ == shape::not_a_number || right.is_ == shape::not_a_number)
    return std::partial_ordering::unordered;
  if (const auto by_sign = left.sign() <=> right.sign(); by_sign != 0 || left.sign() == 0) return by_sign;
  const decimal& larger_if_greater = left.is_negative_ ? right : left;
  const decimal& other = left.is_negative_ ? left : right;
  if (const auto by_shape = larger_if_greater.is_ <=> other.is_; by_shape != 0 || left.is_ == shape::infinite) {
    return by_shape;
  }
  if (const auto by_size = larger_if_greater.point_ <=> other.point_; by_size != 0) return by_size;
  return compare_digits(larger_if_greater.digits_, other.digits_);
}

std::optional<std::uint64_t> decimal::magnitude() const {
  if (is_ != shape::finite) return {};
  std::uint64_t whole = 0;
  std::int64_t left = digits_.empty() ? 0 : point_;
  constexpr std::int64_t longest = 20;
  if (left > longest) return {};
  std::string_view rest = digits_;
  for (; left > 0; --left) {
    skip(rest, '.');
    const auto digit = rest.empty() ? 0U : static_cast<unsigned>(rest.front() - '0');
    if (!rest.empty()) rest.remove_prefix(1);
    if (__builtin_mul_overflow(whole, 10U, &whole) || __builtin_add_overflow(whole, digit, &whole)) return {};
  }
  return whole;
}

std::optional<std::int64_t> decimal::truncated() const {
  const auto whole = magnitude();
  constexpr std::uint64_t most = INT64_MAX;
  if (!whole || *whole > most + (is_negative_ ? 1 : 0)) return {};
  return static_cast<std::int64_t>(is_negative_ ? 0 - *whole : *whole);
}

std::optional<std::uint64_t> decimal::truncated_unsigned() const {
  const auto whole = magnitude();
  if (!whole || (is_negative_ && *whole != 0)) return {};
  return whole;
}

}  // namespace weir::filter
