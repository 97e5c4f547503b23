#include <encode/big_integer.hpp>
#include <encode/decimal.hpp>
#include <encode/json_text.hpp>
#include <encode/number_text.hpp>
#include <encode/schema_of.hpp>

#include <array>
#include <charconv>
#include <limits>

namespace weir::encode {

namespace {

using kind = connect_schema::kind;

/// Sign, digits and perhaps a point, nothing else.
bool is_plain_number(std::string_view text) {
  return take_integer(text) && take_fraction(text) && text.empty();
}

bool is_special(std::string_view text) { return text == "NaN" || text == "Infinity" || text == "-Infinity"; }

std::size_t digits_after_point(std::string_view text) {
  const std::size_t point = text.find('.');
  return point == std::string_view::npos ? 0 : text.size() - point - 1;
}

/// A string of the server's digits, with all its zeros. For what is no number Debezium's consumers know these
/// words.
bool write_string(text_buffer& to, std::string_view text, const cell&) {
  if (is_plain_number(text)) {
    append_quoted(to, text);
    return true;
  }
  if (!is_special(text)) return false;
  append_quoted(to, text == "NaN" ? "NAN" : text == "Infinity" ? "POSITIVE_INFINITY" : "NEGATIVE_INFINITY");
  return true;
}

/// `text` is a plain number.
template <bool OverflowIsInfinity>
bool append_double(text_buffer& to, std::string_view text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec == std::errc::result_out_of_range) {
    // Also where it is too small: then it begins with 0, and 0 is the nearest.
    const std::string_view magnitude = text.substr(text.starts_with('-') ? 1 : 0);
    if (magnitude.starts_with('0')) {
      to.append(text.starts_with('-') ? "-0.0" : "0.0");
      return true;
    }
    if (!OverflowIsInfinity) return false;
    append_quoted(to, text.starts_with('-') ? "-Infinity" : "Infinity");
    return true;
  }
  constexpr std::size_t longest = 32;
  char* const out = to.room(longest);
  to.take(std::to_chars(out, out + longest, value).ptr);
  return read.ec == std::errc{};
}

template <bool OverflowIsInfinity>
bool write_double(text_buffer& to, std::string_view text, const cell&) {
  if (is_special(text)) {
    append_quoted(to, text);
    return true;
  }
  return is_plain_number(text) && append_double<OverflowIsInfinity>(to, text);
}

/// The server writes as many digits after the point as the column's scale says.
bool write_fixed(text_buffer& to, std::string_view text, const cell&) {
  if (!is_plain_number(text)) return false;
  append_unscaled(to, text);
  return true;
}

bool write_fixed_or_null(text_buffer& to, std::string_view text, const cell& self) {
  if (!is_special(text)) return write_fixed(to, text, self);
  to.append("null");
  return true;
}

bool write_variable(text_buffer& to, std::string_view text, const cell&) {
  if (!is_plain_number(text)) return false;
  to.append("{\"scale\":");
  append_number(to, digits_after_point(text));
  to.append(",\"value\":");
  append_unscaled(to, text);
  to.append("}");
  return true;
}

/// As Debezium does: without zeros at the end of the fraction.
bool write_stripped_or_null(text_buffer& to, std::string_view text, const cell& self) {
  if (is_special(text)) {
    to.append("null");
    return true;
  }
  if (text.find('.') != std::string_view::npos) {
    while (text.ends_with('0')) text.remove_suffix(1);
    if (text.ends_with('.')) text.remove_suffix(1);
  }
  return write_variable(to, text, self);
}

/// A decimal that has no more digits than 64 bits and a point, on the stack.
class short_decimal {
 public:
  void push(char byte) {
    if (size_ < bytes_.size()) bytes_[size_++] = byte;
  }
  void pop() { --size_; }
  [[nodiscard]] char back() const { return bytes_[size_ - 1]; }
  [[nodiscard]] std::string_view text() const { return {bytes_.data(), size_}; }
  [[nodiscard]] bool is_full() const { return size_ == bytes_.size(); }

  /// Adds one in the last place.
  void count_up() {
    std::size_t at = size_;
    while (at > first_digit()) {
      if (bytes_[at - 1] != '9') {
        ++bytes_[at - 1];
        return;
      }
      bytes_[--at] = '0';
    }
    for (std::size_t i = size_++; i > at; --i) bytes_[i] = bytes_[i - 1];
    bytes_[at] = '1';
  }

 private:
  [[nodiscard]] std::size_t first_digit() const { return bytes_[0] == '-' ? 1 : 0; }

  std::array<char, 48> bytes_{};
  std::size_t size_ = 0;
};

/// `-$1,234.11` and `$0.00` as `-1234.11` and `0.00`.
bool read_money(std::string_view text, short_decimal& into) {
  if (text.starts_with('-')) {
    into.push('-');
    text.remove_prefix(1);
  }
  if (text.starts_with('$')) text.remove_prefix(1);
  for (const char byte : text) {
    if (byte != ',') into.push(byte);
  }
  return !into.is_full() && is_plain_number(into.text());
}

bool write_money_string(text_buffer& to, std::string_view text, const cell&) {
  short_decimal amount;
  if (!read_money(text, amount)) return false;
  append_quoted(to, amount.text());
  return true;
}

bool write_money_double(text_buffer& to, std::string_view text, const cell&) {
  short_decimal amount;
  return read_money(text, amount) && append_double<true>(to, amount.text());
}

/// What is left of `amount` has `scale` digits after the point; false: others than zeros were cut.
template <bool Rounds>
bool cut(short_decimal& amount, std::size_t fraction, std::size_t scale) {
  char last_cut = '0';
  bool is_more = false;  // than just that digit
  for (; fraction > scale; --fraction) {
    is_more = is_more || last_cut != '0';
    last_cut = amount.back();
    amount.pop();
  }
  if (last_cut == '0' && !is_more) return true;
  if (!Rounds) return false;
  const bool is_odd = ((amount.back() - '0') & 1) != 0;
  if (last_cut > '5' || (last_cut == '5' && (is_more || is_odd))) amount.count_up();
  return true;
}

template <bool Rounds>
bool write_money_precise(text_buffer& to, std::string_view text, const cell& self) {
  short_decimal shown;
  if (!read_money(text, shown)) return false;
  std::size_t fraction = digits_after_point(shown.text());
  short_decimal amount;  // unscaled: without the point
  for (const char byte : shown.text()) {
    if (byte != '.') amount.push(byte);
  }
  for (; fraction < self.scale; ++fraction) amount.push('0');
  if (amount.is_full() || !cut<Rounds>(amount, fraction, self.scale)) return false;
  append_unscaled(to, amount.text());
  return true;
}

std::string zero_of_scale(std::uint32_t scale) { return scale == 0 ? "0" : "0." + std::string(scale, '0'); }

connect_schema decimal_schema(std::uint32_t scale) {
  connect_schema made = schema_of(kind::bytes, "org.apache.kafka.connect.data.Decimal");
  made.parameters = {{"scale", std::to_string(scale)}};
  return made;
}

connect_schema variable_scale_schema() {
  connect_schema made = schema_of(kind::structure, "io.debezium.data.VariableScaleDecimal");
  made.fields = {{"scale", schema_of(kind::int32)}, {"value", schema_of(kind::bytes)}};
  return made;
}

/// PostgreSQL's numeric.c: precision in the upper half, scale as 11 bits with a sign in the lower, 4 added.
struct numeric_modifier {
  std::int32_t precision;
  std::int32_t scale;
};

numeric_modifier unpack(std::int32_t modifier) {
  const std::int32_t packed = modifier - 4;
  return {(packed >> 16) & 0xFFFF, ((packed & 0x7FF) ^ 1024) - 1024};
}

cell precise_cell(std::int32_t type_modifier, const value_modes& modes) {
  if (const auto scale = decimal_scale(type_modifier)) {
    cell made{modes.is_debezium ? write_fixed_or_null : write_fixed, "a numeric as Decimal"};
    made.schema = decimal_schema(*scale);
    const numeric_modifier given = unpack(type_modifier);
    const std::int32_t precision = given.scale < 0 ? given.precision - given.scale : given.precision;
    made.schema.parameters.emplace_back("connect.decimal.precision", std::to_string(precision));
    made.fallback = "\"AA==\"";
    return made;
  }
  cell made{modes.is_debezium ? write_stripped_or_null : write_variable, "a numeric as VariableScaleDecimal"};
  made.schema = variable_scale_schema();
  made.fallback = R"({"scale":0,"value":"AA=="})";
  return made;
}

}  // namespace

std::optional<std::uint32_t> decimal_scale(std::int32_t type_modifier) {
  if (type_modifier < 4) return std::nullopt;
  const std::int32_t scale = unpack(type_modifier).scale;
  return scale < 0 ? 0 : static_cast<std::uint32_t>(scale);
}

cell decimal_cell(std::int32_t type_modifier, const value_modes& modes) {
  switch (modes.decimals) {
    case decimal_mode::precise:
      return precise_cell(type_modifier, modes);
    case decimal_mode::real_number: {
      cell made{modes.is_debezium ? write_double<true> : write_double<false>, "a numeric as double"};
      made.schema.is = kind::float64;
      made.fallback = "0.0";
      return made;
    }
    case decimal_mode::string:
      break;
  }
  cell made{write_string, "numeric"};
  made.fallback = '"' + zero_of_scale(decimal_scale(type_modifier).value_or(0)) + '"';
  return made;
}

cell money_cell(const value_modes& modes) {
  switch (modes.decimals) {
    case decimal_mode::precise: {
      cell made{modes.is_debezium ? write_money_precise<true> : write_money_precise<false>,
                "money with these fraction digits"};
      made.scale = modes.money_fraction_digits;
      made.schema = decimal_schema(made.scale);
      made.fallback = "\"AA==\"";
      return made;
    }
    case decimal_mode::real_number: {
      cell made{write_money_double, "money"};
      made.schema.is = kind::float64;
      made.fallback = "0.0";
      return made;
    }
    case decimal_mode::string:
      break;
  }
  cell made{write_money_string, "money"};
  made.fallback = '"' + zero_of_scale(modes.money_fraction_digits) + '"';
  return made;
}

}  // namespace weir::encode
