#include <encode/geometry.hpp>
#include <encode/json_text.hpp>
#include <encode/number_text.hpp>
#include <encode/schema_of.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <optional>

namespace weir::encode {

namespace {

using kind = connect_schema::kind;

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  // What is too small for a double is not a double's text, and NaN is read with any case.
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

char* put_little_endian(char* out, double value) {
  auto bits = std::bit_cast<std::uint64_t>(value);
  for (int i = 0; i < 8; ++i, bits >>= 8U) *out++ = static_cast<char>(bits & 255U);
  return out;
}

/// `(1,-2.5)`
bool write_point(text_buffer& to, std::string_view text, const cell&) {
  if (!text.starts_with('(') || !text.ends_with(')')) return false;
  const std::string_view inner = text.substr(1, text.size() - 2);
  const std::size_t comma = inner.find(',');
  if (comma == std::string_view::npos) return false;
  const std::string_view x = inner.substr(0, comma);
  const std::string_view y = inner.substr(comma + 1);
  const auto x_value = number_of(x);
  const auto y_value = number_of(y);
  if (!x_value || !y_value) return false;
  to.append("{\"x\":");
  if (!append_float(to, x)) return false;
  to.append(",\"y\":");
  if (!append_float(to, y)) return false;
  to.append(",\"wkb\":");
  // Little-endian, a point, its coordinates (OGC 06-103r4, 8.2).
  std::array<char, 21> binary{1, 1};
  put_little_endian(put_little_endian(binary.data() + 5, *x_value), *y_value);
  append_base64(to, {binary.data(), binary.size()});
  to.append(",\"srid\":null}");
  return true;
}

std::optional<std::uint32_t> read_word(std::string_view digits, bool is_little_endian) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint32_t byte = 0;
    const char* const at = digits.data() + 2 * (is_little_endian ? 3 - i : i);
    const auto read = std::from_chars(at, at + 2, byte, 16);
    if (read.ec != std::errc{} || read.ptr != at + 2) return std::nullopt;
    value = value << 8U | byte;
  }
  return value;
}

/// EWKB as hexadecimal digits: byte order, type with flags, reference system where the flag says so.
bool write_geometry(text_buffer& to, std::string_view text, const cell&) {
  constexpr std::size_t order = 2;
  constexpr std::size_t word = 8;
  constexpr std::uint32_t has_reference_system = 0x20000000;
  if (text.size() < order + word || !text.starts_with('0')) return false;
  const bool is_little_endian = text[1] == '1';
  const auto type = read_word(text.substr(order), is_little_endian);
  if (!type) return false;
  std::optional<std::uint32_t> system;
  if ((*type & has_reference_system) != 0) {
    if (text.size() < order + 2 * word) return false;
    system = read_word(text.substr(order + word), is_little_endian);
    if (!system) return false;
  }
  to.append("{\"wkb\":");
  if (!append_base64_of_hex(to, text)) return false;
  to.append(",\"srid\":");
  if (system) {
    append_number(to, *system);
  } else {
    to.append("null");
  }
  to.append("}");
  return true;
}

/// `[1,2.5]`
bool write_vector(text_buffer& to, std::string_view text, const cell&) {
  if (!text.starts_with('[') || !text.ends_with(']')) return false;
  text = text.substr(1, text.size() - 2);
  to.append("[");
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    if (!append_float(to, text.substr(0, end))) return false;
    text.remove_prefix(end);
    if (text.empty()) break;
    to.append(",");
    text.remove_prefix(1);
  }
  to.append("]");
  return true;
}

bool is_count(std::string_view text) { return !text.empty() && count_digits(text) == text.size(); }

/// `{1:2.5,7:3}/9` as `{"dimensions":9,"vector":[[1,2.5],[7,3]]}`
bool write_sparse_vector(text_buffer& to, std::string_view text, const cell&) {
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos || !text.starts_with('{') || slash == 0 || text[slash - 1] != '}') {
    return false;
  }
  const std::string_view dimensions = text.substr(slash + 1);
  if (!is_count(dimensions)) return false;
  text = text.substr(1, slash - 2);
  to.append("{\"dimensions\":");
  to.append(dimensions);
  to.append(",\"vector\":[");
  for (bool is_first = true; !text.empty(); is_first = false) {
    if (!is_first) to.append(",");
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view pair = text.substr(0, end);
    const std::size_t colon = std::min(pair.find(':'), pair.size());
    if (!is_count(pair.substr(0, colon)) || colon == pair.size()) return false;
    to.append("[");
    to.append(pair.substr(0, colon));
    to.append(",");
    if (!append_float(to, pair.substr(colon + 1))) return false;
    to.append("]");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  to.append("]}");
  return true;
}

}  // namespace

cell point_cell() {
  cell made{write_point, "point"};
  made.schema = schema_of(kind::structure, "io.debezium.data.geometry.Point");
  made.schema.fields = {{"x", schema_of(kind::float64)},
                        {"y", schema_of(kind::float64)},
                        {"wkb", optional_schema_of(kind::bytes)},
                        {"srid", optional_schema_of(kind::int32)}};
  made.fallback = R"({"x":0.0,"y":0.0,"wkb":"AQEAAAAAAAAAAAAAAAAAAAAAAAAA","srid":null})";
  return made;
}

cell geometry_cell(const std::string& name) {
  cell made{write_geometry, "PostGIS's binary form"};
  made.schema = schema_of(kind::structure, "io.debezium.data.geometry." + name);
  made.schema.fields = {{"wkb", schema_of(kind::bytes)}, {"srid", optional_schema_of(kind::int32)}};
  // An empty collection of geometries.
  made.fallback = R"({"wkb":"AQcAAAAAAAAA","srid":null})";
  return made;
}

cell vector_cell(bool is_half) {
  cell made{write_vector, "vector"};
  made.schema =
      schema_of(kind::array, is_half ? "io.debezium.data.FloatVector" : "io.debezium.data.DoubleVector");
  made.schema.items =
      std::make_shared<const connect_schema>(schema_of(is_half ? kind::float32 : kind::float64));
  made.fallback = "[]";
  return made;
}

cell sparse_vector_cell() {
  cell made{write_sparse_vector, "sparsevec"};
  made.schema = schema_of(kind::structure, "io.debezium.data.SparseDoubleVector");
  connect_schema numbers = schema_of(kind::map);
  numbers.keys = std::make_shared<const connect_schema>(schema_of(kind::int16));
  numbers.items = std::make_shared<const connect_schema>(schema_of(kind::float64));
  made.schema.fields = {{"dimensions", schema_of(kind::int16)}, {"vector", numbers}};
  made.fallback = R"({"dimensions":0,"vector":[]})";
  return made;
}

}  // namespace weir::encode
