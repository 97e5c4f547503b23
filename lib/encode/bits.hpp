#pragma once

#include <encode/cell.hpp>

#include <cstdint>

namespace weir::encode {

/// bit(1) and bit varying(1): a boolean. Longer ones: base64 of the bits as a little-endian number, in as few
/// bytes as its highest set bit needs (java.util.BitSet). Of bit varying that does not tell how many zeros it
/// began with. `length` is the modifier; bit varying without one has -1.
[[nodiscard]] cell bits_cell(std::int32_t length);

/// bytea in the form that `modes.binary` says.
[[nodiscard]] cell bytea_cell(const value_modes& modes);

/// A type that Debezium does not know, as it shows such types when it is told to: the bytes of their text.
/// `is_geometric`: a type whose numbers Debezium shows as Java does.
[[nodiscard]] cell opaque_cell(const value_modes& modes, bool is_geometric);

/// JSON of these bytes in the form that `binary` says.
void append_binary(text_buffer& to, std::string_view bytes, binary_mode binary);

}  // namespace weir::encode
