#include <filter/checking.hpp>
#include <filter/column.hpp>

#include <algorithm>

namespace weir::filter {

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

}  // namespace weir::filter
