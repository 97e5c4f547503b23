#pragma once

#include <filter/arena.hpp>
#include <filter/column.hpp>
#include <filter/moment.hpp>
#include <filter/opcode.hpp>
#include <filter/syntax.hpp>
#include <filter/value.hpp>

#include <cctz/time_zone.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace re2 {
class RE2;
}

namespace weir::filter {

/// One operation. What `a`, `b` and `c` mean is up to the operation: steps, or a place in one of the plan's
/// tables.
struct plan_step {
  opcode op = opcode::constant;
  std::uint8_t detail = 0;  ///< a clock_field; of is_row_absent, has_column: whether of the old row
  std::uint32_t at = 0;     ///< where it stands in the text
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
  std::uint32_t slot = 0;  ///< of a macro's variable
  value constant;          ///< also the key of select and has_key
};

/// A column that the plan reads.
struct column_use {
  static constexpr std::uint32_t not_cached = UINT32_MAX;

  std::string name;
  std::uint32_t index = 0;  ///< in the relation
  bool is_old = false;
  column_type::reader read = nullptr;  ///< null when there is no table
  std::uint32_t cache_slot = not_cached;
};

/// A checked expression, ready to be evaluated. Does not move: constants are views into it.
struct plan {
  std::shared_ptr<const syntax_tree> source;
  std::vector<plan_step> steps;
  std::vector<std::uint32_t> operands;  ///< of steps with any number of them: `a` is the first, `b` how many
  std::vector<column_use> columns;
  std::vector<std::unique_ptr<re2::RE2>> patterns;
  std::vector<cctz::time_zone> zones;
  std::uint32_t locals = 0;
  std::uint32_t cached_columns = 0;
  std::uint32_t root = 0;
  arena memory{scratch::most_memory};

  plan();
  plan(const plan&) = delete;
  plan& operator=(const plan&) = delete;
  ~plan();

  /// A sentence with line and column for an error value of an evaluation.
  [[nodiscard]] std::string explain(const value& of) const;
};

}  // namespace weir::filter
