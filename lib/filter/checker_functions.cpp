#include <filter/checking.hpp>
#include <filter/pattern.hpp>

#include <fmt/ranges.h>

namespace weir::filter {

typed checker::lower_call(const syntax_node& of) {
  if (of.name == "changed" && within_.has != environment::rows::none) return lower_changed(of);
  std::vector<typed> arguments;
  for (const index each : tree_.children_of(of)) arguments.push_back(lower(each));
  if (of.name == "dyn" && !of.has_target && arguments.size() == 1) return {arguments[0].step, dynamic()};

  std::vector<std::string_view> names;
  bool is_known = false;
  for (const auto& each : functions()) {
    names.push_back(each.name);
    if (each.name != of.name) continue;
    is_known = true;
    const std::size_t wanted = each.second == 0 ? 1 : 2;
    if (each.is_method != of.has_target || wanted != arguments.size()) continue;
    const bool do_fit =
        fits(arguments[0].is, each.first) && (wanted == 1 || fits(arguments[1].is, each.second));
    if (do_fit || !within_.is_strict) return lower_known_call(of, each, arguments);
  }
  if (!is_known) {
    mistake(of, "there is no function '{}'{}", of.name, did_you_mean(of.name, names));
    return nothing(of);
  }
  std::vector<std::string> given;
  for (const auto& each : arguments) given.push_back(to_string(each.is));
  const std::string receiver = of.has_target ? given.front() + "." : "";
  if (of.has_target) given.erase(given.begin());
  mistake(of, "there is no {}{}({})", receiver, of.name, fmt::join(given, ", "));
  return nothing(of);
}

typed checker::lower_known_call(const syntax_node& of, const signature& as,
                                const std::vector<typed>& arguments) {
  if (as.op == opcode::matches) return lower_matches(of, arguments[0], arguments[1]);
  if (as.op == opcode::clock) return lower_clock(of, as, arguments);
  const type result{as.result, false, {}};
  if (arguments.size() == 2) return emit(as.op, of, result, {arguments[0].step, arguments[1].step});
  typed made = emit(as.op, of, result, {arguments[0].step});
  const bool is_text = as.op == opcode::to_timestamp || as.op == opcode::to_duration ||
                       as.op == opcode::to_numeric || as.op == opcode::to_lsn;
  if (is_text && is_constant(arguments[0].step) && !fold(made)) misfit(of, "the literal is no {}", of.name);
  return made;
}

typed checker::lower_matches(const syntax_node& of, const typed& text, const typed& pattern) {
  const type result{kind::boolean, false, {}};
  const plan_step& literal = plan_.steps[pattern.step];
  if (literal.op != opcode::constant || literal.constant.is != kind::string)
    return emit(opcode::matches, of, result, {text.step, pattern.step});
  auto compiled = compile_pattern(literal.constant.view());
  if (!compiled || !compiled->ok()) {
    misfit(of, "the regular expression is refused: {}", compiled ? compiled->error() : "it is too long");
    return emit(opcode::matches, of, result, {text.step, pattern.step});
  }
  plan_.patterns.push_back(std::move(compiled));
  return emit(opcode::matches_known, of, result, {text.step, static_cast<index>(plan_.patterns.size() - 1)});
}

typed checker::lower_clock(const syntax_node& of, const signature& as, const std::vector<typed>& arguments) {
  plan_step step;
  step.op = opcode::clock;
  step.detail = as.detail;
  step.a = arguments[0].step;
  if (arguments.size() == 2) {
    // Known before the first row: reading the zone database waits for the disk.
    const plan_step& literal = plan_.steps[arguments[1].step];
    const bool is_literal = literal.op == opcode::constant && literal.constant.is == kind::string;
    const auto zone = is_literal ? zone_named(literal.constant.view()) : std::nullopt;
    if (!zone) {
      mistake(of, "the time zone is a literal like \"Europe/Berlin\" or \"+02:00\", known to this system");
      return nothing(of);
    }
    plan_.zones.push_back(*zone);
    step.b = static_cast<index>(plan_.zones.size());
  }
  return emit(step, of, {kind::integer, false, {}});
}

}  // namespace weir::filter
