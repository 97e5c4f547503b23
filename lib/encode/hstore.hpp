#pragma once

#include <encode/cell.hpp>

namespace weir::encode {

/// hstore. json: a string that is a JSON object; map: an object. Values are strings or null; the keys have the
/// server's order.
[[nodiscard]] cell hstore_cell(const value_modes& modes);

}  // namespace weir::encode
