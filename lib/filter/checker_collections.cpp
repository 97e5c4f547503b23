#include <filter/checking.hpp>

#include <algorithm>

namespace weir::filter {

typed checker::lower_index(const syntax_node& of) {
  if (const auto row = row_named(child(of, 0)); row != row_name::none) {
    const syntax_node& key = node(child(of, 1));
    if (key.op == opcode::constant && key.constant.is == kind::string)
      return read_column(of, row, key.constant.view(), opcode::column);
    mistake(of, "a column is named by a literal, like new[\"order-date\"]");
    return nothing(of);
  }
  const typed from = lower(child(of, 0));
  const typed key = lower(child(of, 1));
  type element;
  if (from.is.is == kind::list) {
    element = from.is.of[0];
    if (!fits(key.is, bit(kind::integer) | bit(kind::unsigned_integer)))
      misfit(of, "a list is indexed by int, not by {}", to_string(key.is));
  } else if (from.is.is == kind::map) {
    element = from.is.of[1];
    if (!are_comparable(from.is.of[0], key.is))
      misfit(of, "the keys of {} are never {}", to_string(from.is), to_string(key.is));
  } else if (from.is.is != kind::dynamic) {
    misfit(of, "{} has no elements", to_string(from.is));
  }
  return emit(opcode::index, of, std::move(element), {from.step, key.step});
}

typed checker::lower_list(const syntax_node& of) {
  std::vector<index> items;
  std::optional<type> element;
  bool all_constant = true;
  for (const index each : tree_.children_of(of)) {
    typed item = lower(each);
    element = element ? common(*element, item.is) : std::move(item.is);
    all_constant = all_constant && is_constant(item.step);
    items.push_back(item.step);
  }
  typed made = emit_many(opcode::list, of, list_of(element.value_or(dynamic())), items);
  if (all_constant) fold(made);
  return made;
}

typed checker::lower_map(const syntax_node& of) {
  constexpr std::uint32_t keys =
      bit(kind::boolean) | bit(kind::integer) | bit(kind::unsigned_integer) | bit(kind::string);
  std::vector<index> pairs;
  std::optional<type> key_type;
  std::optional<type> mapped_type;
  bool all_constant = true;
  for (std::size_t number = 0; number < of.count; number += 2) {
    const syntax_node& key_node = node(child(of, number));
    typed key = lower(child(of, number));
    typed mapped = lower(child(of, number + 1));
    if (!fits(key.is, keys)) misfit(key_node, "a key is bool, int, uint or string, not {}", to_string(key.is));
    key_type = key_type ? common(*key_type, key.is) : std::move(key.is);
    mapped_type = mapped_type ? common(*mapped_type, mapped.is) : std::move(mapped.is);
    all_constant = all_constant && is_constant(key.step) && is_constant(mapped.step);
    pairs.insert(pairs.end(), {key.step, mapped.step});
  }
  typed made =
      emit_many(opcode::map, of, map_of(key_type.value_or(dynamic()), mapped_type.value_or(dynamic())), pairs);
  if (all_constant && !fold(made)) misfit(of, "the map names a key twice, or is too large");
  return made;
}

typed checker::lower_in(const syntax_node& of) {
  const typed item = lower(child(of, 0));
  const typed within = lower(child(of, 1));
  if (within.is.is == kind::list || within.is.is == kind::map) {
    if (!are_comparable(item.is, within.is.of[0]))
      misfit(of, "{} is never in {}", to_string(item.is), to_string(within.is));
  } else if (within.is.is != kind::dynamic) {
    misfit(of, "'in' looks into a list or a map, not into {}", to_string(within.is));
  }
  return emit(opcode::in, of, {kind::boolean, false, {}}, {item.step, within.step});
}

typed checker::lower_macro(const syntax_node& of) {
  const typed range = lower(child(of, 0));
  type element;
  if (range.is.is == kind::list || range.is.is == kind::map) {
    element = range.is.of[0];
  } else if (range.is.is != kind::dynamic) {
    misfit(of, "macros work on lists and maps, not on {}", to_string(range.is));
  }
  const auto slot = static_cast<index>(locals_.size());
  plan_.locals = std::max(plan_.locals, slot + 1);
  locals_.push_back({of.name, slot, element});
  const typed body = lower(child(of, 1));
  const bool is_plain_transform = of.op == opcode::transform;
  if (!is_plain_transform && !fits(body.is, bit(kind::boolean)))
    misfit(node(child(of, 1)), "the condition of a macro is bool, not {}", to_string(body.is));
  typed mapped = body;
  if (of.op == opcode::transform_if) mapped = lower(child(of, 2));
  locals_.pop_back();

  plan_step step;
  step.op = of.op;
  step.a = range.step;
  step.b = body.step;
  step.c = mapped.step;
  step.slot = slot;
  type result{kind::boolean, false, {}};
  if (of.op == opcode::filter) result = list_of(std::move(element));
  if (of.op == opcode::transform || of.op == opcode::transform_if) result = list_of(std::move(mapped.is));
  return emit(step, of, std::move(result));
}

}  // namespace weir::filter
