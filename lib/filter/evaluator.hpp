#pragma once

#include <filter/plan.hpp>
#include <filter/scratch.hpp>
#include <filter/value.hpp>

#include <cstdint>

namespace weir::filter {

/// What an evaluation can see around it. Errors that these return are about the step that asked.
class surroundings {
 public:
  surroundings() = default;
  surroundings(const surroundings&) = delete;
  surroundings& operator=(const surroundings&) = delete;
  virtual ~surroundings() = default;

  [[nodiscard]] virtual value variable(std::uint32_t number, scratch& with) const;
  [[nodiscard]] virtual value column(const column_use& which, scratch& with) const;
  [[nodiscard]] virtual value has_column(const column_use& which) const;
  [[nodiscard]] virtual value changed(const column_use& which) const;
  [[nodiscard]] virtual bool is_row_absent(bool old) const;
};

/// The value of one step; lists, maps and new strings are in `memory`. Throws nothing but std::bad_alloc. After
/// `with.begin()`; the result is only good while the budget is not spent.
[[nodiscard]] value evaluate_step(const plan& of, std::uint32_t step, const surroundings& around, scratch& with,
                                  arena& memory);

/// The whole plan: a value, or an error with its step.
[[nodiscard]] value evaluate(const plan& of, const surroundings& around, scratch& with);

}  // namespace weir::filter
