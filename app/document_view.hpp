#pragma once

#include <config/settings.hpp>
#include <event/relation.hpp>
#include <postgres/preflight.hpp>

#include <vector>

namespace weir::app {

/// For `weir check`: for each listener the tables and columns that it takes, and for each of its targets where
/// a change of the first table would go. In the example a column's value is its name.
[[nodiscard]] std::vector<postgres::finding> describe_document(const config::settings& with,
                                                               const std::vector<event::relation>& tables);

}  // namespace weir::app
