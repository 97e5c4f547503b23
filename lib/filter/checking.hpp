#pragma once

#include <filter/checker.hpp>
#include <filter/functions.hpp>

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::filter {

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
[[nodiscard]] std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& known);

/// What `check` does, node by node: each becomes a step of the plan and a type.
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
  /// Whether a name is among those that there can be, if these are known.
  void check_known(const syntax_node& from, const std::vector<std::string_view>& all, std::string_view name,
                   std::string_view what);
  void check_literal(const syntax_node& from, const typed& side, const typed& other);
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

}  // namespace weir::filter
