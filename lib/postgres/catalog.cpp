#include <postgres/catalog.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include <postgres/fields.hpp>

namespace weir::postgres {
namespace {

const catalog_column* find(std::span<const catalog_column> catalog, const event::column& wire) {
  for (const auto& each : catalog) {
    if (each.name == wire.name && each.type_oid == wire.type_oid) return &each;
  }
  return nullptr;
}

std::vector<std::uint16_t> identity_columns(const event::relation& of) {
  std::vector<std::uint16_t> key;
  for (std::uint16_t i = 0; i < of.columns.size(); ++i) {
    if (of.columns[i].is_identity) key.push_back(i);
  }
  return key;
}

/// The same in the order of the index, as far as the catalog still knows it.
std::vector<std::uint16_t> ordered_identity(const event::relation& of,
                                            std::span<const catalog_column> catalog) {
  auto key = identity_columns(of);
  const auto place_of = [&](std::uint16_t column) {
    const auto* known = find(catalog, of.columns[column]);
    return std::pair{known == nullptr ? std::uint16_t{0} : known->identity_place, column};
  };
  std::sort(key.begin(), key.end(), [&](auto one, auto other) { return place_of(one) < place_of(other); });
  return key;
}

/// The primary key in its own order, by columns of the wire; empty when there is none or the wire does not have
/// it.
std::vector<std::uint16_t> primary_key(const event::relation& of, std::span<const catalog_column> catalog) {
  const auto is_key = [](const catalog_column& each) { return each.key_place > 0; };
  const auto size = static_cast<std::size_t>(std::count_if(catalog.begin(), catalog.end(), is_key));
  std::vector<std::uint16_t> key(size);
  std::size_t found = 0;
  for (std::uint16_t i = 0; i < of.columns.size(); ++i) {
    const auto* known = find(catalog, of.columns[i]);
    if (known == nullptr || known->key_place == 0 || known->key_place > size) continue;
    key[known->key_place - 1U] = i;
    ++found;
  }
  return found == size ? key : std::vector<std::uint16_t>{};
}

/// What is true of the type, whatever the column.
void take_type(event::column& column, const catalog_column& known) {
  column.base_type_oid = known.base_type_oid;
  if (column.type_modifier == -1) column.type_modifier = known.base_modifier;
  column.type_name = known.facts.type_name;
  column.type_kind = known.facts.type_kind;
  column.element_type_oid = known.facts.element_type_oid;
  column.element_type_name = known.facts.element_type_name;
  column.element_type_kind = known.facts.element_type_kind;
  column.has_domain_elements = known.facts.has_domain_elements;
  column.labels = known.facts.labels;
}

void complete(event::column& column, std::span<const catalog_column> catalog) {
  const auto* const known = find(catalog, column);
  if (known != nullptr) {
    take_type(column, *known);
    column.is_required = known->facts.is_required;
    column.is_generated = known->facts.is_generated;
    column.default_text = known->facts.default_text;
    return;
  }
  const auto of_its_type = std::find_if(catalog.begin(), catalog.end(), [&](const catalog_column& each) {
    return each.type_oid == column.type_oid;
  });
  if (of_its_type != catalog.end()) take_type(column, *of_its_type);
}

/// Whether the old rows that the stream carries hold this key. A definition that is older than the catalog may
/// have had another one.
bool is_carried(const event::relation& of, const std::vector<std::uint16_t>& key) {
  const bool is_flagged =
      std::all_of(key.begin(), key.end(), [&](std::uint16_t column) { return of.columns[column].is_identity; });
  switch (of.identity) {
    case event::replica_identity::by_default:
      return is_flagged && key.size() == identity_columns(of).size();
    case event::replica_identity::index:
    case event::replica_identity::full:
      return is_flagged;
    case event::replica_identity::nothing:
      return true;  // there are no old rows
  }
  return false;
}

}  // namespace

async::awaitable<std::vector<catalog_column>> read_catalog(async::self me, connection& on,
                                                           std::uint32_t table_oid) {
  const auto answer = co_await on.query(me, fmt::format(R"(
        select {}, coalesce(key.place, 0) as key_place, coalesce(replident.place, 0) as identity_place
        from pg_catalog.pg_attribute a {}
        left join lateral (
          select k.place from pg_catalog.pg_index i,
                 lateral unnest(i.indkey) with ordinality as k(attnum, place)
          where i.indrelid = a.attrelid and i.indisprimary and k.place <= i.indnkeyatts and k.attnum = a.attnum) key
          on true
        left join lateral (
          select k.place from pg_catalog.pg_index i,
                 lateral unnest(i.indkey) with ordinality as k(attnum, place)
          where i.indrelid = a.attrelid and i.indisreplident and k.place <= i.indnkeyatts
            and k.attnum = a.attnum) replident on true
        where a.attrelid = {} and a.attnum > 0 and not a.attisdropped order by a.attnum)",
                                                        selected_facts, joined_facts, table_oid));
  std::vector<catalog_column> columns;
  for (std::size_t row = 0; row < answer.size(); ++row) columns.push_back(catalog_column_at(answer, row));
  co_return columns;
}

async::awaitable<missing_tables> read_gone_tables(async::self me, connection& on,
                                                  std::vector<std::uint32_t> known) {
  // The position is read with a snapshot that is older: whatever is gone in the one was logged before the
  // other. A commit may be seen before it is flushed, so the end of what is inserted counts.
  const auto answer = co_await on.query(
      me, fmt::format("select log.at, gone.oid from (select case when pg_is_in_recovery() "
                      "then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end as at) log "
                      "left join unnest('{{{}}}'::oid[]) as gone(oid) "
                      "on not exists (select from pg_catalog.pg_class c where c.oid = gone.oid)",
                      fmt::join(known, ",")));
  missing_tables found;
  found.log_end = lsn_at(answer, 0, "at");
  for (std::size_t row = 0; row < answer.size(); ++row) {
    if (answer.at(row, "oid")) found.oids.push_back(static_cast<std::uint32_t>(number_at(answer, row, "oid")));
  }
  co_return found;
}

void complete(event::relation& of, std::span<const catalog_column> catalog) {
  const bool is_gone = catalog.empty();
  if (is_gone && !of.key.empty()) return;
  for (auto& column : of.columns) complete(column, catalog);
  of.key = primary_key(of, catalog);
  if (!of.key.empty() && is_carried(of, of.key)) return;
  of.key = of.identity == event::replica_identity::full ? std::vector<std::uint16_t>{}
                                                        : ordered_identity(of, catalog);
}

}  // namespace weir::postgres
