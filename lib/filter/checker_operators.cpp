#include <filter/checking.hpp>

namespace weir::filter {

typed checker::lower_conditional(const syntax_node& of) {
  const typed condition = lower(child(of, 0));
  const typed yes = lower(child(of, 1));
  const typed no = lower(child(of, 2));
  if (!fits(condition.is, bit(kind::boolean)))
    misfit(of, "the condition before '?' is bool, not {}", to_string(condition.is));
  type result = common(yes.is, no.is);
  if (result.is == kind::dynamic && yes.is.is != kind::dynamic && no.is.is != kind::dynamic)
    misfit(of, "both sides of ':' have the same type; these are {} and {}", to_string(yes.is),
           to_string(no.is));
  return emit(opcode::conditional, of, std::move(result), {condition.step, yes.step, no.step});
}

typed checker::lower_logic(const syntax_node& of) {
  std::vector<index> operands;
  for (const index each : tree_.children_of(of)) {
    const typed operand = lower(each);
    if (!fits(operand.is, bit(kind::boolean)))
      misfit(node(each), "'{}' takes bool, not {}", sign_of(of.op), to_string(operand.is));
    operands.push_back(operand.step);
  }
  return emit_many(of.op, of, {kind::boolean, false, {}}, operands);
}

typed checker::lower_negation(const syntax_node& of) {
  const typed operand = lower(child(of, 0));
  if (!fits(operand.is, bit(kind::boolean))) misfit(of, "'!' takes bool, not {}", to_string(operand.is));
  return emit(opcode::negation, of, {kind::boolean, false, {}}, {operand.step});
}

typed checker::lower_minus(const syntax_node& of) {
  const typed operand = lower(child(of, 0));
  const auto result = result_of_minus(operand.is);
  if (!result) misfit(of, "there is no '-{}'", to_string(operand.is));
  return emit(opcode::minus, of, result.value_or(dynamic()), {operand.step});
}

typed checker::lower_arithmetic(const syntax_node& of) {
  const typed left = lower(child(of, 0));
  const typed right = lower(child(of, 1));
  const auto result = result_of(of.op, left.is, right.is);
  if (!result) {
    const bool has_numeric = left.is.is == kind::numeric || right.is.is == kind::numeric;
    misfit(of, "there is no '{} {} {}'{}", to_string(left.is), sign_of(of.op), to_string(right.is),
           has_numeric ? ": numeric is compared, not calculated with; convert it with double()" : "");
  }
  return emit(of.op, of, result.value_or(dynamic()), {left.step, right.step});
}

typed checker::lower_equality(const syntax_node& of) {
  for (const std::size_t side : {0U, 1U}) {
    const auto row = row_named(child(of, side));
    const syntax_node& other = node(child(of, 1 - side));
    if (row == row_name::none || other.op != opcode::constant || other.constant.is != kind::null) continue;
    plan_step step;
    step.op = opcode::is_row_absent;
    step.detail = row == row_name::old_row ? 1 : 0;
    const typed absent = emit(step, of, {kind::boolean, false, {}});
    return of.op == opcode::equal ? absent : emit(opcode::negation, of, absent.is, {absent.step});
  }
  const typed left = lower(child(of, 0));
  const typed right = lower(child(of, 1));
  if (!are_comparable(left.is, right.is))
    misfit(of, "{} and {} are never equal: convert one of them", to_string(left.is), to_string(right.is));
  check_literal(of, left, right);
  check_literal(of, right, left);
  return emit(of.op, of, {kind::boolean, false, {}}, {left.step, right.step});
}

typed checker::lower_order(const syntax_node& of) {
  constexpr std::uint32_t without_order = bit(kind::list) | bit(kind::map) | bit(kind::null);
  const typed left = lower(child(of, 0));
  const typed right = lower(child(of, 1));
  const bool has_none = (without_order & (bit(left.is.is) | bit(right.is.is))) != 0;
  if (has_none || !are_comparable(left.is, right.is))
    misfit(of, "{} and {} have no order", to_string(left.is), to_string(right.is));
  return emit(of.op, of, {kind::boolean, false, {}}, {left.step, right.step});
}

}  // namespace weir::filter
