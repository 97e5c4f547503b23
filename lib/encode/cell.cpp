#include <encode/array.hpp>
#include <encode/bits.hpp>
#include <encode/built_in_types.hpp>
#include <encode/cell.hpp>
#include <encode/decimal.hpp>
#include <encode/geometry.hpp>
#include <encode/hstore.hpp>
#include <encode/interval.hpp>
#include <encode/json_text.hpp>
#include <encode/number_text.hpp>
#include <encode/schema_of.hpp>
#include <encode/temporal.hpp>
#include <encode/unavailable.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>

namespace weir::encode {

namespace {

using kind = connect_schema::kind;

/// A type without its arrays: what a rule is chosen by.
struct described {
  std::string_view name;  ///< pg_type.typname; empty: nobody knows
  char type_kind = 'b';   ///< pg_type.typtype
  std::int32_t modifier = -1;
  const std::vector<std::string>* labels = nullptr;
};

bool write_text(text_buffer& to, std::string_view text, const cell&) {
  append_string(to, text);
  return true;
}

bool write_null(text_buffer& to, std::string_view, const cell&) {
  to.append("null");
  return true;
}

cell text_cell(std::string semantic_name = {}) {
  cell made{write_text, "text"};
  made.schema = schema_of(kind::string, std::move(semantic_name));
  made.fallback = "\"\"";
  return made;
}

cell enum_cell(const described& type) {
  cell made = text_cell("io.debezium.data.Enum");
  made.schema.parameters = {{"allowed", fmt::format("{}", fmt::join(*type.labels, ","))}};
  return made;
}

/// bit's modifier is its length, and the one of bit varying 0 where it has none.
cell bits_of(const described& type) {
  const bool is_given = type.modifier > 0;
  return bits_cell(is_given ? type.modifier : type.name == "bit" ? 1 : -1);
}

using maker = cell (*)(const described&, const value_modes&);
struct rule {
  std::string_view name;
  maker make;
};

cell plain_text(const described&, const value_modes&) { return text_cell(); }
cell json_text(const described&, const value_modes&) { return text_cell("io.debezium.data.Json"); }
cell decimal_of(const described& type, const value_modes& modes) { return decimal_cell(type.modifier, modes); }

/// Of base types and ranges, by pg_type.typname. Types of extensions have no OID that is known before.
constexpr rule rules[] = {
    {"bool", [](const described&, const value_modes&) { return boolean_cell(); }},
    {"int2", [](const described&, const value_modes&) { return integer_cell(2); }},
    {"int4", [](const described&, const value_modes&) { return integer_cell(4); }},
    {"int8", [](const described&, const value_modes&) { return integer_cell(8); }},
    {"oid", [](const described&, const value_modes&) { return integer_cell(8); }},
    {"float4", [](const described&, const value_modes&) { return float_cell(4); }},
    {"float8", [](const described&, const value_modes&) { return float_cell(8); }},
    {"numeric", decimal_of},
    {"money", [](const described&, const value_modes& modes) { return money_cell(modes); }},
    {"bytea", [](const described&, const value_modes& modes) { return bytea_cell(modes); }},
    {"bit", [](const described& type, const value_modes&) { return bits_of(type); }},
    {"varbit", [](const described& type, const value_modes&) { return bits_of(type); }},
    {"date", [](const described&, const value_modes& modes) { return date_cell(modes); }},
    {"time", [](const described& type, const value_modes& modes) { return time_cell(type.modifier, modes); }},
    {"timetz", [](const described&, const value_modes& modes) { return time_with_time_zone_cell(modes); }},
    {"timestamp",
     [](const described& type, const value_modes& modes) { return timestamp_cell(type.modifier, modes); }},
    {"timestamptz",
     [](const described& type, const value_modes&) { return timestamp_with_time_zone_cell(type.modifier); }},
    {"interval", [](const described&, const value_modes& modes) { return interval_cell(modes); }},
    {"text", plain_text},
    {"varchar", plain_text},
    {"bpchar", plain_text},
    {"char", plain_text},
    {"name", plain_text},
    {"citext", plain_text},
    {"inet", plain_text},
    {"cidr", plain_text},
    {"macaddr", plain_text},
    {"macaddr8", plain_text},
    {"int4range", plain_text},
    {"int8range", plain_text},
    {"numrange", plain_text},
    {"tsrange", plain_text},
    {"tstzrange", plain_text},
    {"daterange", plain_text},
    {"isbn", plain_text},
    {"json", json_text},
    {"jsonb", json_text},
    {"xml", [](const described&, const value_modes&) { return text_cell("io.debezium.data.Xml"); }},
    {"uuid", [](const described&, const value_modes&) { return text_cell("io.debezium.data.Uuid"); }},
    {"ltree", [](const described&, const value_modes&) { return text_cell("io.debezium.data.Ltree"); }},
    {"tsvector", [](const described&, const value_modes&) { return text_cell("io.debezium.data.Tsvector"); }},
    {"hstore", [](const described&, const value_modes& modes) { return hstore_cell(modes); }},
    {"point", [](const described&, const value_modes&) { return point_cell(); }},
    {"geometry", [](const described&, const value_modes&) { return geometry_cell("Geometry"); }},
    {"geography", [](const described&, const value_modes&) { return geometry_cell("Geography"); }},
    {"vector", [](const described&, const value_modes&) { return vector_cell(false); }},
    {"halfvec", [](const described&, const value_modes&) { return vector_cell(true); }},
    {"sparsevec", [](const described&, const value_modes&) { return sparse_vector_cell(); }},
};

/// Debezium knows these types, but not arrays of them.
constexpr std::array<std::string_view, 10> no_arrays_of{"money", "name",     "interval",  "varbit", "xml",
                                                        "point", "geometry", "geography", "vector", "halfvec"};

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

cell unknown_cell(std::string_view name, const value_modes& modes) {
  constexpr std::array<std::string_view, 6> geometric{"box", "circle", "line", "lseg", "path", "polygon"};
  switch (modes.unknown) {
    case unknown_mode::text:
      break;
    case unknown_mode::absent: {
      cell made = text_cell();
      made.is_left_out = true;
      return made;
    }
    case unknown_mode::binary:
      return opaque_cell(modes, contains(geometric, name));
  }
  return text_cell();
}

cell scalar_cell(const described& type, const value_modes& modes) {
  if (type.type_kind == 'e' && type.labels != nullptr && !type.labels->empty()) return enum_cell(type);
  if (type.type_kind == 'b' || type.type_kind == 'r') {
    const auto* const found = std::find_if(std::begin(rules), std::end(rules),
                                           [&](const rule& each) { return each.name == type.name; });
    if (found != std::end(rules)) return found->make(type, modes);
  }
  return unknown_cell(type.name, modes);
}

/// pg_type.typdelim of the types that have another than a comma.
char delimiter_of(std::string_view name) {
  if (name == "box") return ';';
  return name == "geometry" || name == "geography" ? ':' : ',';
}

cell array_of(const described& element, bool is_of_domain, const value_modes& modes) {
  if (element.name == "bit" && modes.is_debezium) {
    cell made = bits_cell(element.modifier > 0 ? element.modifier : 1);
    made.write = write_null;
    return made;
  }
  const bool is_unknown =
      modes.unknown != unknown_mode::text && (is_of_domain || contains(no_arrays_of, element.name));
  cell item = is_unknown ? unknown_cell(element.name, modes) : scalar_cell(element, modes);
  const bool is_left_out = item.is_left_out;
  cell made = array_cell(std::move(item), modes);
  made.is_left_out = is_left_out;
  made.delimiter = delimiter_of(element.name);
  return made;
}

std::string_view name_of(std::uint32_t oid, std::string_view known) {
  const built_in_type* const built_in = find_built_in(oid);
  return known.empty() && built_in != nullptr ? built_in->name : known;
}

/// What the catalog says of the type, else what never changes.
cell type_cell(const event::column& of, const value_modes& modes, std::string_view& placeholder_type) {
  const std::string_view name = name_of(of.base_type_oid, of.type_name);
  const std::vector<std::string>* const labels = &of.labels;
  if (name == "int2vector") return number_vector_cell(integer_cell(2), modes);
  if (name == "oidvector") return number_vector_cell(integer_cell(8), modes);
  const std::uint32_t element =
      of.element_type_oid != 0 ? of.element_type_oid : built_in_element(of.base_type_oid);
  if (element != 0) {
    placeholder_type = name_of(element, of.element_type_name);
    return array_of({placeholder_type, of.element_type_kind, of.type_modifier, labels}, of.has_domain_elements,
                    modes);
  }
  placeholder_type = name;
  return scalar_cell({name, of.type_kind, of.type_modifier, labels}, modes);
}

/// A constant of a numeric column stands with as many digits as whoever wrote it gave.
std::string with_scale(std::string_view text, const event::column& of) {
  std::string whole(text);
  const auto scale = decimal_scale(of.type_modifier);
  if (name_of(of.base_type_oid, of.type_name) != "numeric" || !scale || whole.empty() ||
      !is_digit(whole.back())) {
    return whole;
  }
  const std::size_t point = whole.find('.');
  const std::size_t has = point == std::string::npos ? 0 : whole.size() - point - 1;
  if (has >= *scale) return whole;
  if (has == 0) whole += '.';
  whole.append(*scale - has, '0');
  return whole;
}

std::optional<std::string> default_of(const event::column& of, const cell& by) {
  if (!of.default_text) return std::nullopt;
  text_buffer to;
  if (!by.write(to, with_scale(*of.default_text, of), by)) return std::nullopt;
  return std::string(to.view(0, to.size()));
}

}  // namespace

cell cell_for(const event::column& of, const value_modes& modes) {
  std::string_view placeholder_type;
  cell made = type_cell(of, modes, placeholder_type);
  made.unavailable = unavailable_json(made, placeholder_type, modes);
  // Where NULL stays NULL, nothing that the replica identity may leave out can be required.
  made.schema.is_optional = !of.is_required || !(modes.is_debezium || of.is_identity);
  if (!modes.is_debezium) return made;
  made.schema.default_json = default_of(of, made);
  if (of.is_required) {
    made.missing = made.schema.default_json.value_or(made.fallback);
  } else if (made.schema.default_json) {
    made.null = made.missing = *made.schema.default_json;
    made.replaces_null = true;
  }
  return made;
}

}  // namespace weir::encode
