#pragma once

#include <cstdint>
#include <string_view>

namespace weir::encode {

/// A type that PostgreSQL has from the start: its OID never changes (pg_type.dat).
struct built_in_type {
  std::string_view name;  ///< pg_type.typname
  std::uint32_t array;    ///< OID of the type of its arrays
};

/// Null: the type is made by an extension or a user, is an array, or is none that tables have.
[[nodiscard]] const built_in_type* find_built_in(std::uint32_t type_oid);

/// The type of whose elements this is the array type; 0: it is none of a built-in one.
[[nodiscard]] std::uint32_t built_in_element(std::uint32_t array_type_oid);

}  // namespace weir::encode
