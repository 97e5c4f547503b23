#pragma once

#include <event/relation.hpp>
#include <filter/plan.hpp>
#include <filter/problem.hpp>
#include <filter/syntax.hpp>
#include <filter/type.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir::filter {

struct variable {
  std::string name;  ///< may have points: `message.prefix`
  type is;
  std::vector<std::string_view> fields;    ///< of a map: all keys that it can have; empty: any
  std::vector<std::string_view> literals;  ///< of a string: all values that it can have; empty: any
};

/// What an expression may refer to.
struct environment {
  /// What `new` and `old` are.
  enum class rows : std::uint8_t {
    none,     ///< there are none: these are names like any other
    unknown,  ///< of a table that is not known yet: any column, of any type
    table,    ///< of `table`
    absent,   ///< there is no table: any column, never a value
  };

  std::vector<variable> variables;  ///< by the number that the plan uses
  rows has = rows::none;
  const event::relation* table = nullptr;
  bool must_be_bool = true;  ///< of the result
  /// False: types that do not fit are left to the evaluation, as CEL's own test data wants it in places.
  bool is_strict = true;
};

struct checked {
  std::unique_ptr<plan> made;
  problems found;  ///< when there are any the plan is of no use
};

/// Resolves names, checks types, folds constants.
[[nodiscard]] checked check(std::shared_ptr<const syntax_tree> tree, const environment& within);

}  // namespace weir::filter
