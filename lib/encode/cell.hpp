#pragma once

#include <encode/connect_schema.hpp>
#include <encode/text_buffer.hpp>
#include <encode/value_modes.hpp>
#include <event/relation.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::encode {

/// How the values of one column become JSON, and what they are to consumers that need a schema. Chosen once for
/// a column, by its type and the modes.
struct cell {
  /// Appends PostgreSQL's text output as a JSON value. False: the text is not what the type says, or the mode
  /// cannot hold it; what was appended until then is of no use. Expects a pinned session: DateStyle ISO,
  /// TimeZone UTC, IntervalStyle postgres, lc_monetary C, bytea_output hex. `self` is the cell of the writer.
  using writer = bool (*)(text_buffer& to, std::string_view text, const cell& self);

  writer write = nullptr;
  std::string_view type = {};             ///< the type's name, for errors
  std::shared_ptr<const cell> item = {};  ///< of an array: how its elements are written
  std::uint32_t scale = 0;                ///< of money: digits after the point
  char delimiter = ',';                   ///< of an array: what stands between its elements
  bool is_left_out = false;               ///< the column is not written at all
  bool replaces_null = false;             ///< `null` is something else than null
  std::string null = "null";              ///< JSON that stands for NULL
  std::string missing = "null";           ///< JSON of an old value that the replica identity does not send
  std::string unavailable = {};           ///< JSON of a TOAST value that the server did not send
  std::string fallback = "null";          ///< what Debezium takes for `missing` where null cannot be
  connect_schema schema = {};
};

/// The cell of a column. Types that have no rule of their own become a string of their text; where `modes` are
/// Debezium's, they are left out.
[[nodiscard]] cell cell_for(const event::column& of, const value_modes& modes);

}  // namespace weir::encode
