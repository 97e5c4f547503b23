#include <filter/checking.hpp>
#include <filter/evaluator.hpp>

#include <algorithm>
#include <array>
#include <tuple>

namespace weir::filter {

bool checker::fold(const typed& what) {
  const surroundings nowhere;
  folding_.begin(0, 0);
  const value made = evaluate_step(plan_, what.step, nowhere, folding_, plan_.memory);
  if (made.is_error() || folding_.budget.is_spent()) return false;
  plan_step& step = plan_.steps[what.step];
  step.op = opcode::constant;
  step.constant = made;
  return true;
}

typed checker::lower(index at) {
  const syntax_node& of = node(at);
  switch (of.op) {
    case opcode::constant: {
      plan_step step;
      step.constant = of.constant;
      return emit(step, of, {of.constant.is, of.constant.is == kind::null, {}});
    }
    case opcode::name:
      return lower_name(of);
    case opcode::select:
      return lower_select(of);
    case opcode::has:
      return lower_has(of);
    case opcode::index:
      return lower_index(of);
    case opcode::list:
      return lower_list(of);
    case opcode::map:
      return lower_map(of);
    case opcode::conditional:
      return lower_conditional(of);
    case opcode::both:
    case opcode::either:
      return lower_logic(of);
    case opcode::negation:
      return lower_negation(of);
    case opcode::minus:
      return lower_minus(of);
    case opcode::add:
    case opcode::subtract:
    case opcode::multiply:
    case opcode::divide:
    case opcode::modulo:
      return lower_arithmetic(of);
    case opcode::equal:
    case opcode::unequal:
      return lower_equality(of);
    case opcode::less:
    case opcode::less_or_equal:
    case opcode::greater:
    case opcode::greater_or_equal:
      return lower_order(of);
    case opcode::in:
      return lower_in(of);
    case opcode::all:
    case opcode::exists:
    case opcode::exists_one:
    case opcode::transform:
    case opcode::transform_if:
    case opcode::filter:
      return lower_macro(of);
    case opcode::call:
      return lower_call(of);
    case opcode::local:
    case opcode::variable:
    case opcode::column:
    case opcode::has_column:
    case opcode::changed:
    case opcode::is_row_absent:
    case opcode::has_key:
    case opcode::size:
    case opcode::contains:
    case opcode::starts_with:
    case opcode::ends_with:
    case opcode::matches:
    case opcode::matches_known:
    case opcode::to_int:
    case opcode::to_uint:
    case opcode::to_double:
    case opcode::to_string:
    case opcode::to_bytes:
    case opcode::to_bool:
    case opcode::to_timestamp:
    case opcode::to_duration:
    case opcode::to_numeric:
    case opcode::to_lsn:
    case opcode::clock:
      break;
  }
  return nothing(of);
}

checked check(std::shared_ptr<const syntax_tree> tree, const environment& within) {
  checked result;
  result.made = std::make_unique<plan>();
  result.made->source = std::move(tree);
  checker(*result.made->source, within, result).run();
  std::ranges::sort(result.found, [](const problem& left, const problem& right) {
    return std::tie(left.line, left.column, left.what) < std::tie(right.line, right.column, right.what);
  });
  return result;
}

}  // namespace weir::filter
