#include <filter/checker.hpp>
#include <filter/program.hpp>
#include <filter/syntax.hpp>
#include <filter/variables.hpp>

#include <algorithm>
#include <utility>

namespace weir::filter {

namespace {

/// The columns that a plan made without a table reads. `changed(new.x)` reads both rows.
void collect_columns(const plan& of, syntax_tree& into) {
  for (const auto& step : of.steps) {
    const bool is_changed = step.op == opcode::changed;
    if (!is_changed && step.op != opcode::column && step.op != opcode::has_column) continue;
    const column_use& use = of.columns[step.a];
    if (use.is_old || is_changed) into.old_columns.push_back(use.name);
    if (!use.is_old) into.new_columns.push_back(use.name);
  }
  for (auto* const names : {&into.new_columns, &into.old_columns}) {
    std::ranges::sort(*names);
    names->erase(std::ranges::unique(*names).begin(), names->end());
  }
}

}  // namespace

std::variant<program, problems> program::compile(std::string_view text) {
  auto parsed = parse(text);
  if (auto* const mistake = std::get_if<problem>(&parsed)) return problems{std::move(*mistake)};
  auto tree = std::get<std::shared_ptr<syntax_tree>>(std::move(parsed));
  auto result = check(tree, row_environment(environment::rows::unknown, nullptr));
  if (!result.found.empty()) return std::move(result.found);
  collect_columns(*result.made, *tree);
  return program(std::move(tree));
}

std::string_view program::text() const { return tree_->text; }

std::span<const std::string> program::new_columns() const { return tree_->new_columns; }

std::span<const std::string> program::old_columns() const { return tree_->old_columns; }

}  // namespace weir::filter
