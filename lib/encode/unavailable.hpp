#pragma once

#include <encode/cell.hpp>

#include <string>

namespace weir::encode {

/// JSON of what stands for a TOAST value of this column that the server did not send, in a form that consumers
/// of its type can read where there is one: text as it is, bytes in the column's form, an array of it; an array
/// of integers holds its bytes' numbers, one of uuid a UUID made of it (RFC 4122, version 3, without a name
/// space). `type_name`: of the column, or of its elements.
[[nodiscard]] std::string unavailable_json(const cell& of, std::string_view type_name,
                                           const value_modes& modes);

}  // namespace weir::encode
