#include <encode/hstore.hpp>
#include <encode/json_text.hpp>
#include <encode/schema_of.hpp>

namespace weir::encode {

namespace {

using kind = connect_schema::kind;

/// Takes `"text"`, in which a backslash stands before a quote and a backslash, and appends it as a JSON string.
bool take_quoted(text_buffer& to, std::string_view& text) {
  if (!text.starts_with('"')) return false;
  text.remove_prefix(1);
  to.append("\"");
  while (true) {
    const std::size_t plain = text.find_first_of("\"\\");
    if (plain == std::string_view::npos) return false;
    append_escaped(to, text.substr(0, plain));
    const bool is_end = text[plain] == '"';
    text.remove_prefix(plain + 1);
    if (is_end) break;
    if (text.empty()) return false;
    append_escaped(to, text.substr(0, 1));
    text.remove_prefix(1);
  }
  to.append("\"");
  return true;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

/// `"a"=>"1", "b"=>NULL`
bool write_map(text_buffer& to, std::string_view text, const cell&) {
  to.append("{");
  for (bool is_first = true; !text.empty(); is_first = false) {
    if (!is_first) {
      if (!take(text, ", ")) return false;
      to.append(",");
    }
    if (!take_quoted(to, text) || !take(text, "=>")) return false;
    to.append(":");
    if (take(text, "NULL")) {
      to.append("null");
    } else if (!take_quoted(to, text)) {
      return false;
    }
  }
  to.append("}");
  return true;
}

bool write_json(text_buffer& to, std::string_view text, const cell& self) {
  text_buffer object;
  if (!write_map(object, text, self)) return false;
  append_string(to, object.view(0, object.size()));
  return true;
}

}  // namespace

cell hstore_cell(const value_modes& modes) {
  switch (modes.hstore) {
    case hstore_mode::map: {
      cell made{write_map, "hstore"};
      made.schema.is = kind::map;
      made.schema.keys = std::make_shared<const connect_schema>();
      made.schema.items = std::make_shared<const connect_schema>(optional_schema_of(kind::string));
      made.fallback = "{}";
      return made;
    }
    case hstore_mode::json:
      break;
  }
  cell made{write_json, "hstore"};
  made.schema = schema_of(kind::string, "io.debezium.data.Json");
  made.fallback = "\"{}\"";
  return made;
}

}  // namespace weir::encode
