#pragma once

#include <filter/scratch.hpp>
#include <filter/type.hpp>
#include <filter/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::filter {

/// How the values of one type of PostgreSQL become values here. README.md has the table for operators.
struct column_type {
  /// From PostgreSQL's text output in a pinned session; an error value when the text is not of the type.
  using reader = value (*)(std::string_view text, scratch& with);

  type is;
  reader read;
  bool is_costly = false;  ///< worth keeping for a second use within one evaluation
};

/// By base type (pg_type.oid). What has no rule of its own is its text.
[[nodiscard]] column_type column_type_for(std::uint32_t base_type_oid);

/// The elements of an array of one dimension, as PostgreSQL prints it.
[[nodiscard]] value read_array(std::string_view text, column_type::reader element, scratch& with);

}  // namespace weir::filter
