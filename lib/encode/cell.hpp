#pragma once

#include <encode/text_buffer.hpp>

#include <cstdint>
#include <string_view>

namespace weir::encode {

/// How the values of one column become JSON. Chosen once for a column, by type and modifier.
struct cell {
  /// Appends PostgreSQL's text output as a JSON value. False: the text is not what the type says; what was
  /// appended until then is of no use. Expects a pinned session: DateStyle ISO, TimeZone UTC, bytea_output hex.
  using writer = bool (*)(text_buffer& to, std::string_view text);

  writer write;
  std::string_view type;         ///< the type's name, for errors
  std::string_view unavailable;  ///< JSON of a TOAST value that the server did not send
};

/// The cell of a column with this base type (pg_type.oid) and modifier (pg_attribute.atttypmod). A type that
/// has no rule of its own becomes a string of its text.
[[nodiscard]] cell cell_for(std::uint32_t base_type_oid, std::int32_t type_modifier);

}  // namespace weir::encode
