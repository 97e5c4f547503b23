#pragma once

#include <event/relation.hpp>
#include <postgres/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::postgres {

/// What the catalog knows of a column and the wire does not say.
struct catalog_column {
  std::string name;
  std::uint32_t type_oid = 0;
  std::uint32_t base_type_oid = 0;   ///< of a domain; else type_oid
  std::int32_t base_modifier = -1;   ///< the domain's own, or that of the elements' domain
  std::uint16_t key_place = 0;       ///< 1, 2, ... in the primary key; 0: no part of it
  std::uint16_t identity_place = 0;  ///< the same in the index of REPLICA IDENTITY USING INDEX
  event::column facts = {};          ///< what comes after `is_identity` there
};

/// In a query that has pg_attribute as `a`: what catalog_column_at wants to be selected, but for the two
/// places, and where it comes from.
extern const std::string_view selected_facts;
extern const std::string_view joined_facts;

[[nodiscard]] catalog_column catalog_column_at(const result& answer, std::size_t row);

/// PostgreSQL's text of a default that is one literal, as pg_get_expr shows it with its casts: `3`, `true`,
/// `'it''s'::text`. None: it is NULL, or an expression that has to be computed.
[[nodiscard]] std::optional<std::string> constant_of(std::string_view expression);

/// The elements of a one-dimensional array of text, as the server shows it: `{a,"b c"}`.
[[nodiscard]] std::vector<std::string> texts_of(std::string_view array);

}  // namespace weir::postgres
