#include <filter/lexer.hpp>
#include <filter/utf8.hpp>

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace weir::filter {

namespace {

/// Reads the escapes of one literal.
class unquoting {
 public:
  unquoting(const token& literal, std::string_view inside)
      : at_(literal.at), is_bytes_(literal.is == token_kind::bytes), rest_(inside) {}

  [[nodiscard]] std::string run() {
    while (!rest_.empty()) {
      const char each = take();
      if (each == '\\') {
        escape();
      } else {
        made_.push_back(each);
      }
    }
    return std::move(made_);
  }

 private:
  char take() {
    if (rest_.empty()) fail();
    const char front = rest_.front();
    rest_.remove_prefix(1);
    return front;
  }

  [[noreturn]] void fail() const {
    throw syntax_error{at_, "the literal has an escape that is none: write \\\\ for a backslash, or r'...'"};
  }

  void escape() {
    const char kind = take();
    if (const auto plain = plain_escape(kind)) {
      made_.push_back(*plain);
    } else if (kind == 'x' || kind == 'X') {
      append(number(2, 16));
    } else if (kind == 'u' || kind == 'U') {
      if (is_bytes_) fail();
      append(number(kind == 'u' ? 4 : 8, 16));
    } else if (kind >= '0' && kind <= '3') {
      append(static_cast<std::uint32_t>(kind - '0') * 64 + number(2, 8));
    } else {
      fail();
    }
  }

  static std::optional<char> plain_escape(char kind) {
    constexpr std::string_view names = "abfnrtv\\?\"'`";
    constexpr std::string_view meant = "\a\b\f\n\r\t\v\\?\"'`";
    const auto found = names.find(kind);
    if (found == std::string_view::npos) return {};
    return meant[found];
  }

  std::uint32_t number(std::size_t digits, int base) {
    if (rest_.size() < digits) fail();
    std::uint32_t read = 0;
    const char* const end = rest_.data() + digits;
    const auto [stopped, failed] = std::from_chars(rest_.data(), end, read, base);
    if (failed != std::errc{} || stopped != end) fail();
    rest_.remove_prefix(digits);
    return read;
  }

  /// A byte of bytes, a character of a string.
  void append(std::uint32_t code) {
    if (is_bytes_) {
      made_.push_back(static_cast<char>(code));
    } else if (is_scalar(code)) {
      append_utf8(made_, code);
    } else {
      fail();
    }
  }

  std::size_t at_;
  bool is_bytes_;
  std::string_view rest_;
  std::string made_;
};

}  // namespace

std::string unquote(const token& literal) {
  const std::size_t prefix = literal.text.find_first_of("\"'");
  const bool is_raw = literal.text.substr(0, prefix).find_first_of("rR") != std::string_view::npos;
  const std::string_view quoted = literal.text.substr(prefix);
  const bool is_triple = quoted.size() >= 6 && quoted[1] == quoted[0] && quoted[2] == quoted[0];
  const std::size_t quotes = is_triple ? 3 : 1;
  const std::string_view inside = quoted.substr(quotes, quoted.size() - 2 * quotes);
  return is_raw ? std::string(inside) : unquoting(literal, inside).run();
}

}  // namespace weir::filter
