#pragma once

#include <filter/value.hpp>

#include <string>
#include <vector>

namespace weir::filter {

/// What the checker knows of an expression. `kind::dynamic` is everything.
struct type {
  kind is = kind::dynamic;
  bool may_be_null = false;
  std::vector<type> of;  ///< a list's elements; a map's keys and values

  bool operator==(const type&) const = default;
};

[[nodiscard]] inline type dynamic() { return {}; }
[[nodiscard]] inline type nullable(kind is) { return {is, true, {}}; }
[[nodiscard]] type list_of(type elements);
[[nodiscard]] type map_of(type keys, type values);

/// `list(int)`
[[nodiscard]] std::string to_string(const type& of);

/// Whether `==` can ever be meant: the same kind, two numbers, or one side that may be anything or null.
[[nodiscard]] bool are_comparable(const type& left, const type& right);

/// What both fit into: one of them, or dyn.
[[nodiscard]] type common(const type& left, const type& right);

}  // namespace weir::filter
