#include <filter/lexer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weir::filter {

namespace {

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
bool is_hex(char byte) {
  return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}
bool is_letter(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}
bool is_quote(char byte) { return byte == '"' || byte == '\''; }

/// How many letters before a quote belong to a literal: `r"`, `b'`, `br"`; none: the letters are a name.
std::size_t literal_prefix(std::string_view text) {
  const auto is = [text](std::size_t at, char lower) { return at < text.size() && (text[at] | 0x20) == lower; };
  const auto is_quoted = [text](std::size_t at) { return at < text.size() && is_quote(text[at]); };
  if ((is(0, 'r') || is(0, 'b')) && is_quoted(1)) return 1;
  if (is(0, 'b') && is(1, 'r') && is_quoted(2)) return 2;
  return 0;
}

/// The longer of two with the same beginning comes first.
constexpr std::array<std::string_view, 26> signs{"&&", "||", "==", "!=", "<=", ">=", "<", ">", "+",
                                                 "-",  "*",  "/",  "%",  "!",  "?",  ":", ".", ",",
                                                 "(",  ")",  "[",  "]",  "{",  "}",  "=", "|"};

}  // namespace

char lexer::peek(std::size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

token lexer::take(token_kind is, std::size_t length) {
  const token made{is, at_, text_.substr(at_, length)};
  at_ += length;
  return made;
}

void lexer::skip_space() {
  constexpr std::string_view space = " \t\n\r\f";
  while (at_ < text_.size()) {
    if (space.find(text_[at_]) != std::string_view::npos) {
      ++at_;
    } else if (text_.substr(at_).starts_with("//")) {
      at_ = std::min(text_.size(), text_.find('\n', at_));
    } else {
      return;
    }
  }
}

token lexer::next() {
  skip_space();
  if (at_ == text_.size()) return take(token_kind::end, 0);
  const char first = peek();
  if (is_digit(first) || (first == '.' && is_digit(peek(1)))) return number();
  if (is_quote(first)) return literal(0);
  if (first == '`') return quoted_name();
  if (!is_letter(first)) return sign();
  if (const auto prefix = literal_prefix(text_.substr(at_)); prefix != 0) return literal(prefix);
  std::size_t length = 1;
  while (is_letter(peek(length)) || is_digit(peek(length))) ++length;
  return take(token_kind::name, length);
}

token lexer::number() {
  const auto digits = [this](std::size_t from, bool (*is_one)(char)) {
    while (is_one(peek(from))) ++from;
    return from;
  };
  std::size_t length = 0;
  token_kind is = token_kind::integer;
  if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X') && is_hex(peek(2))) {
    length = digits(2, is_hex);
  } else {
    length = digits(0, is_digit);
    if (peek(length) == '.' && is_digit(peek(length + 1))) {
      is = token_kind::real;
      length = digits(length + 1, is_digit);
    }
    if (peek(length) == 'e' || peek(length) == 'E') {
      const std::size_t after = length + (peek(length + 1) == '+' || peek(length + 1) == '-' ? 2 : 1);
      if (is_digit(peek(after))) {
        is = token_kind::real;
        length = digits(after, is_digit);
      }
    }
  }
  token made = take(is, length);
  if (is == token_kind::integer && (peek() == 'u' || peek() == 'U')) {
    made.is = token_kind::unsigned_integer;
    ++at_;
  }
  if (is_letter(peek()) || is_digit(peek()))
    throw syntax_error{made.at, fmt::format("'{}' is not a number", text_.substr(made.at, at_ + 1 - made.at))};
  return made;
}

token lexer::sign() {
  for (const auto each : signs) {
    if (text_.substr(at_).starts_with(each)) return take(token_kind::sign, each.size());
  }
  throw syntax_error{at_, "unexpected character"};
}

token lexer::quoted_name() {
  const std::size_t end = text_.find('`', at_ + 1);
  if (end == std::string_view::npos || text_.substr(at_, end - at_).find('\n') != std::string_view::npos)
    throw syntax_error{at_, "the quoted name has no end"};
  if (end == at_ + 1) throw syntax_error{at_, "the quoted name is empty"};
  const token made{token_kind::quoted_name, at_, text_.substr(at_ + 1, end - at_ - 1)};
  at_ = end + 1;
  return made;
}

std::size_t lexer::end_of_literal(std::size_t begin, bool is_raw) const {
  const std::string_view rest = text_.substr(begin);
  const char quote = rest.front();
  const bool is_triple = rest.size() >= 3 && rest[1] == quote && rest[2] == quote;
  const std::string_view closing = rest.substr(0, is_triple ? 3 : 1);
  for (std::size_t at = begin + closing.size(); at < text_.size(); ++at) {
    if (text_.substr(at).starts_with(closing)) return at + closing.size();
    if (!is_triple && (text_[at] == '\n' || text_[at] == '\r')) break;
    if (!is_raw && text_[at] == '\\') ++at;
  }
  throw syntax_error{at_, "the literal has no closing quote"};
}

token lexer::literal(std::size_t prefix) {
  const std::string_view letters = text_.substr(at_, prefix);
  const bool is_raw = letters.find_first_of("rR") != std::string_view::npos;
  const bool is_bytes = letters.find_first_of("bB") != std::string_view::npos;
  const std::size_t end = end_of_literal(at_ + prefix, is_raw);
  return take(is_bytes ? token_kind::bytes : token_kind::string, end - at_);
}

}  // namespace weir::filter
