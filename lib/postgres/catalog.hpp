#pragma once

#include <base/lsn.hpp>
#include <event/relation.hpp>
#include <postgres/connection.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace weir::postgres {

/// What the catalog knows of a table and the wire does not say.
struct catalog_column {
  std::string name;
  std::uint32_t type_oid = 0;
  std::uint32_t base_type_oid = 0;   ///< of a domain; else type_oid
  std::int32_t base_modifier = -1;   ///< the domain's own, like the 10,2 of numeric(10,2)
  std::uint16_t key_place = 0;       ///< 1, 2, ... in the primary key; 0: no part of it
  std::uint16_t identity_place = 0;  ///< the same in the index of REPLICA IDENTITY USING INDEX
};

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

/// Completes `of` by what the catalog says now: base types of domains, and the key in the order of the primary
/// key, or of the identity's index. The stream may be older than the catalog: when the key's columns are not
/// all on the wire with the same type, or the table is gone, the key is the wire's identity columns (none for
/// REPLICA IDENTITY FULL) and the types stay the wire's own. Of a table that is gone by now, what was known
/// before stays.
void complete(event::relation& of, std::span<const catalog_column> catalog);

}  // namespace weir::postgres
