#include <postgres/relations.hpp>

#include <fmt/format.h>

#include <base/failure.hpp>
#include <postgres/catalog.hpp>
#include <postgres/fields.hpp>
#include <postgres/publication.hpp>

namespace weir::postgres {
namespace {

/// pg_publication_tables names the columns from here on, because a publication can have a list of them.
constexpr int lists_columns = 150000;
/// From here on a publication may publish generated columns, and the list above says which.
constexpr int publishes_generated = 180000;

/// A row for each column, a table's columns next to each other. An index may hold columns that are no key.
const std::string& columns_of_tables() {
  static const std::string query = fmt::format(R"(
  select c.oid as table_oid, n.nspname as schema, c.relname as name, c.relreplident as identity,
         a.atttypmod as type_modifier, {},
         coalesce(key.place, 0) as key_place,
         coalesce(array_position(replident.columns, a.attnum), 0) as identity_place,
         case c.relreplident when 'f' then true when 'd' then key.place is not null
           when 'i' then coalesce(a.attnum = any (replident.columns), false) else false end as is_identity
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped {}
  left join lateral (
    select k.place from pg_catalog.pg_index i,
           lateral unnest(i.indkey) with ordinality as k(attnum, place)
    where i.indrelid = c.oid and i.indisprimary and k.place <= i.indnkeyatts and k.attnum = a.attnum) key on true
  left join lateral (
    select array_agg(k.attnum order by k.place) as columns from pg_catalog.pg_index i,
           lateral unnest(i.indkey) with ordinality as k(attnum, place)
    where i.indrelid = c.oid and i.indisreplident and k.place <= i.indnkeyatts) replident on true)",
                                               selected_facts, joined_facts);
  return query;
}

constexpr const char* in_order = " order by n.nspname, c.relname, c.oid, a.attnum";

event::column column_at(const result& answer, std::size_t row) {
  event::column made;
  made.name = answer.text(row, "column_name");
  made.type_oid = static_cast<std::uint32_t>(number_at(answer, row, "type_oid"));
  made.base_type_oid = made.type_oid;
  made.type_modifier = static_cast<std::int32_t>(number_at(answer, row, "type_modifier"));
  made.is_identity = answer.flag(row, "is_identity");
  return made;
}

std::vector<event::relation> relations_of(const result& answer) {
  std::vector<event::relation> all;
  std::vector<catalog_column> catalog;
  for (std::size_t row = 0; row < answer.size(); ++row) {
    const auto oid = static_cast<std::uint32_t>(number_at(answer, row, "table_oid"));
    if (all.empty() || all.back().oid != oid) {
      if (!all.empty()) complete(all.back(), catalog);
      catalog.clear();
      auto& made = all.emplace_back();
      made.oid = oid;
      made.schema = answer.text(row, "schema");
      made.name = answer.text(row, "name");
      made.identity = identity_of(answer.text(row, "identity"));
    }
    all.back().columns.push_back(column_at(answer, row));
    catalog.push_back(catalog_column_at(answer, row));
  }
  if (!all.empty()) complete(all.back(), catalog);
  return all;
}

}  // namespace

async::awaitable<std::vector<event::relation>> read_published_relations(async::self me, connection& on,
                                                                        std::string publication) {
  const auto version = on.server_version();
  auto query =
      columns_of_tables() +
      " join pg_catalog.pg_publication_tables t on t.schemaname = n.nspname and t.tablename = c.relname"
      " where t.pubname = " +
      on.quote_text(publication);
  if (version >= lists_columns) query += " and a.attname = any (t.attnames)";
  if (version < publishes_generated) query += " and a.attgenerated = ''";
  co_return relations_of(co_await on.query(me, query + in_order));
}

async::awaitable<std::vector<event::relation>> read_all_relations(async::self me, connection& on) {
  auto query =
      columns_of_tables() + fmt::format(
                                " where c.relkind in ('r', 'p') and c.relpersistence = 'p' and c.oid >= {} "
                                "and a.attgenerated = ''",
                                first_ordinary_oid);
  co_return relations_of(co_await on.query(me, query + in_order));
}

}  // namespace weir::postgres
