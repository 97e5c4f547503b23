#pragma once

#include <encode/cell.hpp>

namespace weir::encode {

/// point: an object of its coordinates and of what PostGIS's binary form would be, without a reference system.
[[nodiscard]] cell point_cell();

/// PostGIS's geometry or geography: its binary form (EWKB) and reference system, which is null when it has
/// none. `name`: `Geometry` or `Geography`.
[[nodiscard]] cell geometry_cell(const std::string& name);

/// pgvector's vector (8 bytes for a number to consumers) and halfvec (4): an array of numbers.
[[nodiscard]] cell vector_cell(bool is_half);
/// pgvector's sparsevec: its dimensions, and pairs of index and number.
[[nodiscard]] cell sparse_vector_cell();

}  // namespace weir::encode
