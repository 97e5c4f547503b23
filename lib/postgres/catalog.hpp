#pragma once

#include <base/lsn.hpp>
#include <event/relation.hpp>
#include <postgres/catalog_column.hpp>
#include <postgres/connection.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace weir::postgres {

/// The columns that a table has now; none: there is no such table.
async::awaitable<std::vector<catalog_column>> read_catalog(async::self me, connection& on,
                                                           std::uint32_t table_oid);

/// Tables that do not exist any more, as of `log_end`.
struct missing_tables {
  std::vector<std::uint32_t> oids;
  lsn log_end;
};

/// Which of the `known` tables are gone by now.
async::awaitable<missing_tables> read_gone_tables(async::self me, connection& on,
                                                  std::vector<std::uint32_t> known);

/// Completes `of` by what the catalog says now: base types of domains, names and parts of types, NOT NULL and
/// defaults, and the key in the order of the primary key, or of the identity's index. A column that the catalog
/// has under another name takes what is true of its type. The stream may be older than the catalog: when the
/// key's columns are not all on the wire with the same type, or the table is gone, the key is the wire's
/// identity columns (none for REPLICA IDENTITY FULL) and the types stay the wire's own. Of a table that is gone
/// by now, what was known before stays.
void complete(event::relation& of, std::span<const catalog_column> catalog);

}  // namespace weir::postgres
