#pragma once

#include <config/load.hpp>
#include <event/change.hpp>
#include <event/relation.hpp>
#include <postgres/relations.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace weir::app {

/// What listeners and targets get wrong for the tables that there are: tables that nobody publishes, columns
/// that no table has, old values that no replica identity covers, topics that are none or Weir's own. `where`
/// as postgres::judge_of_tables has it.
[[nodiscard]] std::vector<config::mistake> check_tables(const config::settings& with,
                                                        const std::vector<event::relation>& tables,
                                                        const std::string& where);

/// For a stream's start: throws weir::failure (permanent, "configuration") with every mistake. Once it was
/// content it stays so: what changes while the process lives is for the policies of the document. Nothing when
/// there is no document.
[[nodiscard]] postgres::judge_of_tables judge_at_start(const config::settings& with);

using table_list = std::vector<const event::relation*>;

[[nodiscard]] std::string full_name(const event::relation& table);
/// Null when there is none.
[[nodiscard]] const event::column* column_of(const event::relation& table, std::string_view name);
/// False when a listener takes nothing but logical messages.
[[nodiscard]] bool takes_rows(const config::listener& of);
/// What a listener takes of `tables`, which outlive the list.
[[nodiscard]] table_list tables_of(const config::listener& of, const std::vector<event::relation>& tables);

/// A change of a table whose every value is the name of its column, with all of its old row.
class example_change {
 public:
  example_change(const event::relation& table, event::operation op);
  example_change(const example_change&) = delete;
  example_change& operator=(const example_change&) = delete;
  [[nodiscard]] const event::change& change() const { return change_; }

 private:
  event::transaction transaction_;
  std::vector<event::value> values_;
  event::change change_;
};

}  // namespace weir::app
