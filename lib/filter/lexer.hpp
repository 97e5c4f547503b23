#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::filter {

enum class token_kind : std::uint8_t {
  end,
  name,
  quoted_name,  ///< between backticks
  integer,
  unsigned_integer,
  real,
  string,
  bytes,
  sign,  ///< an operator or punctuation
};

struct token {
  token_kind is = token_kind::end;
  std::size_t at = 0;  ///< in bytes
  std::string_view
      text;  ///< as written; of an unsigned integer without its suffix, of a quoted name what is inside
};

/// Ends parsing; never leaves `parse`.
struct syntax_error {
  std::size_t at;
  std::string what;
};

/// Splits an expression into tokens; white space and `//` comments are between them. Throws syntax_error.
class lexer {
 public:
  explicit lexer(std::string_view text) : text_(text) {}

  [[nodiscard]] token next();

 private:
  void skip_space();
  [[nodiscard]] token take(token_kind is, std::size_t length);
  [[nodiscard]] token number();
  [[nodiscard]] token sign();
  [[nodiscard]] token quoted_name();
  /// `prefix`: how many letters stand before the quote.
  [[nodiscard]] token literal(std::size_t prefix);
  [[nodiscard]] std::size_t end_of_literal(std::size_t begin, bool is_raw) const;
  [[nodiscard]] char peek(std::size_t ahead = 0) const;

  std::string_view text_;
  std::size_t at_ = 0;
};

/// What a string or bytes literal, as written, stands for. Throws syntax_error.
[[nodiscard]] std::string unquote(const token& literal);

}  // namespace weir::filter
