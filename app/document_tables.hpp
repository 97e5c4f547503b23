#pragma once

#include <config/load.hpp>
#include <event/relation.hpp>
#include <postgres/preflight.hpp>
#include <postgres/relations.hpp>

#include <string>
#include <vector>

namespace weir::app {

/// What listeners and targets come to with the tables that there are.
struct document_on_tables {
  /// Tables that nobody publishes, columns that no table has, old values that no replica identity covers,
  /// topics that are none or Weir's own.
  std::vector<config::mistake> mistakes;
  /// For `weir check`: for each listener the tables and columns that it takes, and for each of its targets
  /// where a change of the first would go.
  std::vector<postgres::finding> findings;
};

/// `where` as postgres::judge_of_tables has it.
[[nodiscard]] document_on_tables lay_out(const config::settings& with,
                                         const std::vector<event::relation>& tables, const std::string& where);

/// For a stream's start: throws weir::failure (permanent, "configuration") with every mistake. Once it was
/// content it stays so: what changes while the process lives is for the policies of the document. Nothing when
/// there is no document.
[[nodiscard]] postgres::judge_of_tables judge_at_start(const config::settings& with);

}  // namespace weir::app
