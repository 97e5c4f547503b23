#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::event {

/// What an UPDATE or DELETE carries of the old row (pg_class.relreplident).
enum class replica_identity : char { by_default = 'd', nothing = 'n', full = 'f', index = 'i' };

struct column {
  std::string name;
  std::uint32_t type_oid = 0;       ///< as the wire says it; a domain has an OID of its own
  std::uint32_t base_type_oid = 0;  ///< the domain's base type, or type_oid; from the catalog
  std::int32_t type_modifier = -1;  ///< pg_attribute.atttypmod: precision and scale, -1 when there is none
  bool is_identity = false;  ///< flagged by the wire: part of the replica identity (with FULL, every column)
  // What the catalog says of it, at the moment when it was asked.
  std::string type_name = {};          ///< pg_type.typname of the base type: `int4`, `mood`, `_text`, `hstore`
  char type_kind = 'b';                ///< pg_type.typtype of the base type: b, c, e, m, p, r
  std::uint32_t element_type_oid = 0;  ///< of an array: the base type of its elements; 0: no array
  std::string element_type_name = {};  ///< pg_type.typname of that
  char element_type_kind = 'b';        ///< pg_type.typtype of that
  bool has_domain_elements = false;    ///< of an array: its elements are of a domain
  std::vector<std::string> labels = {};  ///< of an enum, or of an array of one, in their order
  bool is_required = false;              ///< NOT NULL, also by its domain
  bool is_generated = false;
  std::optional<std::string> default_text = std::nullopt;  ///< PostgreSQL's text of a constant default
};

/// A table as its rows are sent from now on, until the next RELATION message for its OID on this connection.
/// Immutable once the stream admits rows of it; a new definition is a new object with a higher `version`.
struct relation {
  std::uint32_t oid = 0;
  std::string schema;
  std::string name;
  replica_identity identity = replica_identity::by_default;
  std::vector<column> columns;
  /// Indexes into `columns` in the order of the primary key (else of the replica identity's index); empty: no
  /// key.
  std::vector<std::uint16_t> key;
  /// Unique for the life of the process, so that whoever caches by relation sees a change.
  std::uint64_t version = 0;
};

}  // namespace weir::event
