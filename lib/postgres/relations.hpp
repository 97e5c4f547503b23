#pragma once

#include <event/relation.hpp>
#include <postgres/connection.hpp>

#include <functional>
#include <string>
#include <vector>

namespace weir::postgres {

/// Judges the tables there are, each as its rows would be sent; `where`: `publication "weir"` or `the
/// database`. May throw weir::failure: then nothing starts.
using judge_of_tables = std::function<void(const std::vector<event::relation>&, const std::string& where)>;

/// The tables that a publication publishes, each as its rows would be sent now: published columns, replica
/// identity, key. Sorted by schema and name; `version` is 0.
async::awaitable<std::vector<event::relation>> read_published_relations(async::self me, connection& on,
                                                                        std::string publication);
/// The same of every table that could be published, all columns but generated ones.
async::awaitable<std::vector<event::relation>> read_all_relations(async::self me, connection& on);

}  // namespace weir::postgres
