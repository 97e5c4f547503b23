#include <base/edit_distance.hpp>
#include <filter/checking.hpp>
#include <filter/column.hpp>

#include <fmt/ranges.h>

#include <algorithm>

namespace weir::filter {

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& known) {
  constexpr std::size_t longest_name = 64;
  if (name.size() > longest_name) return {};
  std::string_view found;
  auto best = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const auto each : known) {
    const auto distance = edit_distance(name, each);
    if (distance >= best) continue;
    best = distance;
    found = each;
  }
  return found.empty() ? "" : fmt::format("; did you mean '{}'?", found);
}

const local_variable* checker::local_named(const syntax_node& name) const {
  if (name.is_global) return nullptr;
  const auto found = std::ranges::find(locals_.rbegin(), locals_.rend(), name.name, &local_variable::name);
  return found == locals_.rend() ? nullptr : &*found;
}

std::optional<std::uint32_t> checker::variable_named(std::string_view name) const {
  const auto found = std::ranges::find(within_.variables, name, &variable::name);
  if (found == within_.variables.end()) return {};
  return static_cast<index>(found - within_.variables.begin());
}

typed checker::read_variable(index number, const syntax_node& from) {
  return emit(opcode::variable, from, within_.variables[number].is, {number});
}

std::string checker::names_nearby(std::string_view name) const {
  if (within_.table != nullptr && column_index(name)) return fmt::format("; did you mean 'new.{}'?", name);
  std::vector<std::string_view> known;
  for (const auto& each : within_.variables) known.push_back(each.name);
  if (within_.has != environment::rows::none) known.insert(known.end(), {"new", "old"});
  return did_you_mean(name, known);
}

typed checker::lower_name(const syntax_node& of) {
  if (const auto* const local = local_named(of)) {
    plan_step step;
    step.op = opcode::local;
    step.slot = local->slot;
    return emit(step, of, local->is);
  }
  if (const auto known = variable_named(of.name)) return read_variable(*known, of);
  if (within_.has != environment::rows::none && (of.name == "new" || of.name == "old")) {
    mistake(of, "'{}' is a whole row: name one of its columns, or compare it with null", of.name);
  } else {
    mistake(of, "there is no '{}'{}", of.name, names_nearby(of.name));
  }
  return nothing(of);
}

std::optional<typed> checker::lower_qualified(const syntax_node& of) {
  std::vector<const syntax_node*> fields;
  const syntax_node* root = &of;
  for (; root->op == opcode::select; root = &node(child(*root, 0))) fields.push_back(root);
  if (root->op != opcode::name || local_named(*root) != nullptr) return {};
  std::ranges::reverse(fields);
  for (std::size_t taken = fields.size(); taken > 0; --taken) {
    std::string name(root->name);
    for (std::size_t field = 0; field < taken; ++field) name += fmt::format(".{}", fields[field]->name);
    const auto known = variable_named(name);
    if (!known) continue;
    typed made = read_variable(*known, *root);
    for (std::size_t field = taken; field < fields.size(); ++field)
      made = select_from(made, *fields[field], fields[field]->name);
    return made;
  }
  return {};
}

typed checker::lower_select(const syntax_node& of) {
  if (auto made = lower_qualified(of)) return *std::move(made);
  const index operand = child(of, 0);
  if (const auto row = row_named(operand); row != row_name::none)
    return read_column(of, row, of.name, opcode::column);
  const typed from = lower(operand);
  return select_from(from, of, of.name);
}

typed checker::select_from(const typed& operand, const syntax_node& from, std::string_view field) {
  const bool is_map = operand.is.is == kind::map;
  if (!is_map && operand.is.is != kind::dynamic)
    misfit(from, "{} has no field '{}'", to_string(operand.is), field);
  if (is_map && !fits(operand.is.of[0], bit(kind::string)))
    misfit(from, "the keys of {} are no names", to_string(operand.is));
  const plan_step& source = plan_.steps[operand.step];
  if (source.op == opcode::variable) check_known(from, within_.variables[source.a].fields, field, "field");
  plan_step step;
  step.op = opcode::select;
  step.a = operand.step;
  step.constant = string(field);
  return emit(step, from, is_map ? operand.is.of[1] : dynamic());
}

void checker::check_known(const syntax_node& from, const std::vector<std::string_view>& all,
                          std::string_view name, std::string_view what) {
  if (all.empty() || std::ranges::find(all, name) != all.end()) return;
  misfit(from, "there is no {} '{}': there are {}", what, name, fmt::join(all, ", "));
}

void checker::check_literal(const syntax_node& from, const typed& side, const typed& other) {
  const plan_step& known = plan_.steps[side.step];
  const plan_step& literal = plan_.steps[other.step];
  if (known.op != opcode::variable || !is_constant(other.step) || literal.constant.is != kind::string) return;
  const auto& variable = within_.variables[known.a];
  check_known(from, variable.literals, literal.constant.view(), variable.name);
}

typed checker::lower_has(const syntax_node& of) {
  const index operand = child(of, 0);
  if (const auto row = row_named(operand); row != row_name::none)
    return read_column(of, row, of.name, opcode::has_column);
  typed made = lower_select(of);
  plan_step& step = plan_.steps[made.step];
  if (step.op == opcode::select) step.op = opcode::has_key;
  if (step.op == opcode::variable) mistake(of, "has() takes a field, not a variable");
  made.is = {kind::boolean, false, {}};
  return made;
}

}  // namespace weir::filter
