#pragma once

#include <encode/cell.hpp>

namespace weir::encode {

/// An array whose elements are written by `item`: nested JSON arrays of any depth; bounds other than 1 are not
/// told. Where `modes` are Debezium's, which knows one dimension, an inner array is null.
[[nodiscard]] cell array_cell(cell item, const value_modes& modes);

/// int2vector and oidvector: numbers with spaces between. Debezium's are empty.
[[nodiscard]] cell number_vector_cell(cell item, const value_modes& modes);

}  // namespace weir::encode
