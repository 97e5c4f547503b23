#include <base/edit_distance.hpp>
#include <filter/checker.hpp>
#include <filter/column.hpp>
#include <filter/evaluator.hpp>
#include <filter/functions.hpp>
#include <filter/pattern.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>

namespace weir::filter {

namespace {

/// What a node became.
struct typed {
  std::uint32_t step = 0;
  type is;
};

/// A macro's variable while its body is checked.
struct local_variable {
  std::string_view name;
  std::uint32_t slot;
  type is;
};

/// `; did you mean 'status'?`, or nothing when no name is near enough to be meant.
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

class checker {
 public:
  checker(const syntax_tree& tree, const environment& within, checked& into)
      : tree_(tree), within_(within), plan_(*into.made), problems_(into.found) {}

  void run() {
    const typed result = lower(tree_.root);
    plan_.root = result.step;
    if (within_.must_be_bool && result.is.is != kind::boolean && result.is.is != kind::dynamic)
      mistake(tree_.nodes[tree_.root], "a filter is true or false; this is {}", to_string(result.is));
  }

 private:
  using index = std::uint32_t;

  [[nodiscard]] const syntax_node& node(index at) const { return tree_.nodes[at]; }
  [[nodiscard]] index child(const syntax_node& of, std::size_t number) const {
    return tree_.children[of.first + number];
  }

  template <class... Arguments>
  void mistake(const syntax_node& at, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    problems_.push_back(tree_.problem_at(at.at, fmt::format(format, std::forward<Arguments>(arguments)...)));
  }
  /// One that only matters where types are checked.
  template <class... Arguments>
  void misfit(const syntax_node& at, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    if (within_.is_strict) mistake(at, format, std::forward<Arguments>(arguments)...);
  }

  typed emit(plan_step step, const syntax_node& from, type is) {
    step.at = from.at;
    plan_.steps.push_back(step);
    return {static_cast<index>(plan_.steps.size() - 1), std::move(is)};
  }
  typed emit(opcode op, const syntax_node& from, type is, std::initializer_list<index> operands) {
    plan_step step;
    step.op = op;
    std::array<index*, 3> places{&step.a, &step.b, &step.c};
    std::size_t number = 0;
    for (const index each : operands) *places.at(number++) = each;
    return emit(step, from, std::move(is));
  }
  typed emit_many(opcode op, const syntax_node& from, type is, const std::vector<index>& operands) {
    plan_step step;
    step.op = op;
    step.a = static_cast<index>(plan_.operands.size());
    step.b = static_cast<index>(operands.size());
    plan_.operands.insert(plan_.operands.end(), operands.begin(), operands.end());
    return emit(step, from, std::move(is));
  }
  /// Stands for what could not be understood, so that the rest is still checked.
  typed nothing(const syntax_node& from) { return emit(plan_step{}, from, dynamic()); }

  [[nodiscard]] bool is_constant(index step) const { return plan_.steps[step].op == opcode::constant; }

  /// Evaluates a step whose operands are all constant, once and for all. False: it has no value.
  bool fold(const typed& what);

  typed lower(index at);
  typed lower_name(const syntax_node& of);
  typed lower_select(const syntax_node& of);
  typed lower_has(const syntax_node& of);
  typed lower_index(const syntax_node& of);
  typed lower_list(const syntax_node& of);
  typed lower_map(const syntax_node& of);
  typed lower_conditional(const syntax_node& of);
  typed lower_logic(const syntax_node& of);
  typed lower_negation(const syntax_node& of);
  typed lower_minus(const syntax_node& of);
  typed lower_arithmetic(const syntax_node& of);
  typed lower_equality(const syntax_node& of);
  typed lower_order(const syntax_node& of);
  typed lower_in(const syntax_node& of);
  typed lower_macro(const syntax_node& of);
  typed lower_call(const syntax_node& of);
  typed lower_changed(const syntax_node& of);
  typed lower_matches(const syntax_node& of, const typed& text, const typed& pattern);
  typed lower_clock(const syntax_node& of, const signature& as, const std::vector<typed>& arguments);
  typed lower_known_call(const syntax_node& of, const signature& as, const std::vector<typed>& arguments);

  [[nodiscard]] const local_variable* local_named(const syntax_node& name) const;
  [[nodiscard]] std::optional<index> variable_named(std::string_view name) const;
  typed read_variable(index number, const syntax_node& from);
  /// The longest beginning of `a.b.c` that is a variable's name, then fields.
  std::optional<typed> lower_qualified(const syntax_node& of);
  typed select_from(const typed& operand, const syntax_node& from, std::string_view field);

  enum class row_name : std::uint8_t { none, new_row, old_row };
  [[nodiscard]] row_name row_named(index at) const;
  typed read_column(const syntax_node& from, row_name row, std::string_view name, opcode op);
  [[nodiscard]] std::optional<index> column_index(std::string_view name) const;
  void unknown_column(const syntax_node& from, std::string_view name);
  /// Whether the old value of the column always comes along with updates and deletes.
  [[nodiscard]] bool has_old(index column) const;
  index use_column(std::string_view name, index column, bool is_old, const column_type& as);
  void check_old(const syntax_node& from, index column, std::string_view name, std::string_view use);
  [[nodiscard]] std::string names_nearby(std::string_view name) const;

  const syntax_tree& tree_;
  const environment& within_;
  plan& plan_;
  problems& problems_;
  scratch folding_;
  std::vector<local_variable> locals_;
};

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

// ---- names

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
  plan_step step;
  step.op = opcode::select;
  step.a = operand.step;
  step.constant = string(field);
  return emit(step, from, is_map ? operand.is.of[1] : dynamic());
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

// ---- rows

checker::row_name checker::row_named(index at) const {
  const syntax_node& name = node(at);
  if (within_.has == environment::rows::none || name.op != opcode::name || local_named(name) != nullptr)
    return row_name::none;
  if (name.name == "new") return row_name::new_row;
  return name.name == "old" ? row_name::old_row : row_name::none;
}

std::optional<std::uint32_t> checker::column_index(std::string_view name) const {
  const auto& columns = within_.table->columns;
  const auto found = std::ranges::find(columns, name, &event::column::name);
  if (found == columns.end()) return {};
  return static_cast<index>(found - columns.begin());
}

void checker::unknown_column(const syntax_node& from, std::string_view name) {
  std::vector<std::string_view> known;
  for (const auto& each : within_.table->columns) known.push_back(each.name);
  mistake(from, "{}.{} has no column '{}'{}", within_.table->schema, within_.table->name, name,
          did_you_mean(name, known));
}

bool checker::has_old(index column) const {
  switch (within_.table->identity) {
    case event::replica_identity::full:
      return true;
    case event::replica_identity::nothing:
      return false;
    case event::replica_identity::by_default:
    case event::replica_identity::index:
      return within_.table->columns[column].is_identity;
  }
  return false;
}

void checker::check_old(const syntax_node& from, index column, std::string_view name, std::string_view use) {
  if (has_old(column)) return;
  const auto& table = *within_.table;
  mistake(
      from,
      "{} needs the old value of '{}', which PostgreSQL does not send: alter table {}.{} replica identity full",
      use, name, table.schema, table.name);
}

std::uint32_t checker::use_column(std::string_view name, index column, bool is_old, const column_type& as) {
  const auto found = std::ranges::find_if(
      plan_.columns, [&](const column_use& each) { return each.name == name && each.is_old == is_old; });
  if (found != plan_.columns.end()) return static_cast<index>(found - plan_.columns.begin());
  column_use made{std::string(name), column, is_old, as.read, column_use::not_cached};
  if (as.is_costly) made.cache_slot = plan_.cached_columns++;
  plan_.columns.push_back(std::move(made));
  return static_cast<index>(plan_.columns.size() - 1);
}

typed checker::read_column(const syntax_node& from, row_name row, std::string_view name, opcode op) {
  const bool is_old = row == row_name::old_row;
  column_type as{dynamic(), nullptr, false};
  index column = 0;
  if (within_.has == environment::rows::table) {
    const auto found = column_index(name);
    if (!found) {
      unknown_column(from, name);
      return nothing(from);
    }
    column = *found;
    as = column_type_for(within_.table->columns[column].base_type_oid);
    if (is_old) check_old(from, column, name, fmt::format("old.{}", name));
    if (op == opcode::changed) check_old(from, column, name, fmt::format("changed(new.{})", name));
  }
  const index used = use_column(name, column, is_old, as);
  return emit(op, from, op == opcode::column ? as.is : type{kind::boolean, false, {}}, {used});
}

typed checker::lower_changed(const syntax_node& of) {
  const syntax_node* argument = of.count == 1 && !of.has_target ? &node(child(of, 0)) : nullptr;
  std::string_view column;
  if (argument != nullptr && argument->op == opcode::select) column = argument->name;
  if (argument != nullptr && argument->op == opcode::index) {
    const syntax_node& key = node(child(*argument, 1));
    if (key.op == opcode::constant && key.constant.is == kind::string) column = key.constant.view();
  }
  if (column.data() == nullptr || row_named(child(*argument, 0)) != row_name::new_row) {
    mistake(of, "changed() takes a column of the new row, like changed(new.status)");
    return nothing(of);
  }
  return read_column(*argument, row_name::new_row, column, opcode::changed);
}

// ---- collections

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
  if (all_constant) fold(made);
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

// ---- operators

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

// ---- functions

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

}  // namespace

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
