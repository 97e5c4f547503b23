#include <filter/column.hpp>
#include <filter/decimal.hpp>
#include <filter/moment.hpp>
#include <filter/real_text.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace weir::filter {

namespace {

value read_bool(std::string_view text, scratch& /*with*/) {
  if (text != "t" && text != "f") return error(fault::bad_column);
  return boolean(text == "t");
}

value read_integer(std::string_view text, scratch& /*with*/) {
  std::int64_t read = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data(), end, read);
  return failed == std::errc{} && stopped == end ? integer(read) : error(fault::bad_column);
}

value read_real(std::string_view text, scratch& /*with*/) {
  const auto read = parse_double(text);
  return read ? real(*read) : error(fault::bad_column);
}

value read_numeric(std::string_view text, scratch& with) {
  if (!with.budget.take_bytes(text.size())) return error(fault::too_much_work);
  return decimal::parse(text) ? text_of(kind::numeric, text) : error(fault::bad_column);
}

value read_text(std::string_view text, scratch& /*with*/) { return string(text); }

/// char(n): PostgreSQL pads with blanks, and ignores them when it compares.
value read_padded(std::string_view text, scratch& /*with*/) {
  const auto last = text.find_last_not_of(' ');
  return string(text.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

int hex_digit(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

value read_bytea(std::string_view text, scratch& with) {
  if (!text.starts_with("\\x") || text.size() % 2 != 0) return error(fault::bad_column);
  text.remove_prefix(2);
  if (!with.budget.take_bytes(text.size())) return error(fault::too_much_work);
  char* const made = with.memory.array<char>(text.size() / 2);
  if (made == nullptr) return error(fault::too_much_memory);
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return error(fault::bad_column);
    made[at / 2] = static_cast<char>(high * 16 + low);
  }
  return text_of(kind::bytes, {made, text.size() / 2});
}

value read_timestamp(std::string_view text, scratch& /*with*/) { return timestamp_from_postgres(text); }
value read_date(std::string_view text, scratch& /*with*/) { return date_from_postgres(text); }
value read_interval(std::string_view text, scratch& /*with*/) { return duration_from_postgres(text); }
value read_json(std::string_view text, scratch& with) { return with.json.read(text, with.memory, with.budget); }

template <column_type::reader Element>
value read_array_of(std::string_view text, scratch& with) {
  return read_array(text, Element, with);
}

struct rule {
  std::uint32_t oid;        ///< pg_type.oid, fixed for all versions of PostgreSQL (pg_type.dat)
  std::uint32_t array_oid;  ///< of its arrays
  kind is;
  column_type::reader read;
  column_type::reader read_array;
};

template <column_type::reader Read>
constexpr rule rule_for(std::uint32_t oid, std::uint32_t array_oid, kind is) {
  return {oid, array_oid, is, Read, read_array_of<Read>};
}

constexpr std::array rules{
    rule_for<read_bool>(16, 1000, kind::boolean),           // bool
    rule_for<read_bytea>(17, 1001, kind::bytes),            // bytea
    rule_for<read_text>(18, 1002, kind::string),            // "char"
    rule_for<read_text>(19, 1003, kind::string),            // name
    rule_for<read_integer>(20, 1016, kind::integer),        // int8
    rule_for<read_integer>(21, 1005, kind::integer),        // int2
    rule_for<read_integer>(23, 1007, kind::integer),        // int4
    rule_for<read_text>(25, 1009, kind::string),            // text
    rule_for<read_integer>(26, 1028, kind::integer),        // oid
    rule_for<read_json>(114, 199, kind::dynamic),           // json
    rule_for<read_real>(700, 1021, kind::real),             // float4
    rule_for<read_real>(701, 1022, kind::real),             // float8
    rule_for<read_padded>(1042, 1014, kind::string),        // char(n)
    rule_for<read_text>(1043, 1015, kind::string),          // varchar
    rule_for<read_date>(1082, 1182, kind::timestamp),       // date
    rule_for<read_timestamp>(1114, 1115, kind::timestamp),  // timestamp
    rule_for<read_timestamp>(1184, 1185, kind::timestamp),  // timestamptz
    rule_for<read_interval>(1186, 1187, kind::duration),    // interval
    rule_for<read_numeric>(1700, 1231, kind::numeric),      // numeric
    rule_for<read_text>(2950, 2951, kind::string),          // uuid
    rule_for<read_json>(3802, 3807, kind::dynamic),         // jsonb
};

/// Takes one element off `text`: what stands there without its quotes and escapes. False: it is no array.
bool take_element(std::string_view& text, arena& memory, std::string_view& element, bool& is_null) {
  is_null = false;
  if (!text.starts_with('"')) {
    const auto end = text.find_first_of(",}\"{\\");
    if (end == 0 || end == std::string_view::npos || (text[end] != ',' && text[end] != '}')) return false;
    element = text.substr(0, end);
    is_null = element == "NULL";
    text.remove_prefix(end);
    return true;
  }
  std::size_t end = 1;
  bool has_escapes = false;
  while (end < text.size() && text[end] != '"') {
    has_escapes = has_escapes || text[end] == '\\';
    end += text[end] == '\\' ? 2 : 1;
  }
  if (end >= text.size()) return false;
  element = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  if (!has_escapes) return true;
  char* const plain = memory.array<char>(element.size());
  if (plain == nullptr) return false;
  std::size_t length = 0;
  for (std::size_t at = 0; at < element.size(); ++at) {
    if (element[at] == '\\') ++at;
    plain[length++] = element[at];
  }
  element = {plain, length};
  return true;
}

}  // namespace

column_type column_type_for(std::uint32_t base_type_oid) {
  for (const auto& each : rules) {
    const bool is_costly = each.is == kind::dynamic || each.is == kind::bytes;
    if (each.oid == base_type_oid) return {nullable(each.is), each.read, is_costly};
    if (each.array_oid != base_type_oid) continue;
    type is = list_of(nullable(each.is));
    is.may_be_null = true;
    return {std::move(is), each.read_array, true};
  }
  return {nullable(kind::string), read_text, false};
}

value read_array(std::string_view text, column_type::reader element, scratch& with) {
  if (!text.starts_with('{') || !text.ends_with('}')) return error(fault::bad_column);
  if (!with.budget.take_bytes(text.size())) return error(fault::too_much_work);
  text.remove_prefix(1);
  if (text == "}") return list(nullptr, 0);
  // A comma within quotes makes this too many, which costs memory and nothing else.
  const auto most = static_cast<std::size_t>(std::ranges::count(text, ',')) + 1;
  if (!with.budget.take(most)) return error(fault::too_much_work);
  auto* const items = with.memory.array<value>(most);
  if (items == nullptr) return error(fault::too_much_memory);
  std::uint32_t count = 0;
  while (true) {
    std::string_view each;
    bool is_null = false;
    if (!take_element(text, with.memory, each, is_null)) return error(fault::bad_column);
    const value read = is_null ? null_value() : element(each, with);
    if (read.is_error()) return read;
    items[count++] = read;
    if (text == "}") return list(items, count);
    if (!text.starts_with(',')) return error(fault::bad_column);
    text.remove_prefix(1);
  }
}

}  // namespace weir::filter
