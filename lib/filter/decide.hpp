#pragma once

#include <filter/decision.hpp>
#include <filter/evaluator.hpp>
#include <filter/plan.hpp>
#include <filter/scratch.hpp>

namespace weir::filter {

/// Evaluates a plan whose result is a bool and says what it means.
[[nodiscard]] decision decide(const plan& by, const surroundings& around, scratch& with) noexcept;

}  // namespace weir::filter
