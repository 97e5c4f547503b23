#pragma once

#include <postgres/connection.hpp>
#include <postgres/snapshot_plan.hpp>
#include <postgres/table_patterns.hpp>

#include <string>
#include <vector>

namespace weir::postgres {

/// The tables that hold the rows of a publication, as the transaction's snapshot sees them, in the order of
/// reading: that of the patterns, then by name. Partitions of a root that is published as one table are
/// read one by one and emitted as the root. Foreign tables are none of them: the stream has nothing of them.
/// `filenode` is the snapshot's; blocks, size and estimate are not known yet.
///
/// `wanted` holds names "schema.table"; empty: every table. Throws weir::failure (permanent, "permission"),
/// with the statement that helps, when rows are hidden from this user.
async::awaitable<std::vector<found_table>> read_snapshot_tables(async::self me, connection& on,
                                                                std::string publication, table_patterns taken,
                                                                std::vector<std::string> wanted);

/// Once they are locked: fills in their sizes, and says of the first one that is not any more what the snapshot
/// sees how it differs. Empty: all of them are.
async::awaitable<std::string> measure_tables(async::self me, connection& on, std::vector<found_table>& tables);

}  // namespace weir::postgres
