#include <postgres/snapshot_tables.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include <base/failure.hpp>
#include <pgoutput/relation_cache.hpp>
#include <postgres/fields.hpp>
#include <postgres/relations.hpp>

namespace weir::postgres {
namespace {

/// From here on publications have row filters.
constexpr int filters_rows = 150000;

/// A partition may be below several roots; the one that is published counts. pg_inherits is read, and not
/// pg_partition_tree(), which knows only how things are now.
constexpr const char* tables_with_rows = R"(
  with recursive published as (
    select c.oid as root, {} as filter
    from pg_catalog.pg_publication_tables t
    join pg_catalog.pg_namespace n on n.nspname = t.schemaname
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = t.tablename
    where t.pubname = {}),
  tree as (
    select root, filter, root as oid from published
    union all
    select tree.root, tree.filter, i.inhrelid
    from tree join pg_catalog.pg_class parent on parent.oid = tree.oid and parent.relkind = 'p'
    join pg_catalog.pg_inherits i on i.inhparent = tree.oid)
  select tree.root, coalesce(tree.filter, '') as filter, c.oid as table_oid, n.nspname as schema, c.relname as name,
         c.relfilenode as filenode,
         pg_catalog.has_schema_privilege(n.oid, 'USAGE') and pg_catalog.has_table_privilege(c.oid, 'SELECT') as is_readable,
         pg_catalog.row_security_active(c.oid) as hides_rows
  from tree join pg_catalog.pg_class c on c.oid = tree.oid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and c.relpersistence = 'p'
  order by tree.root = c.oid, n.nspname, c.relname)";

using relations = std::map<std::uint32_t, std::shared_ptr<const event::relation>>;

async::awaitable<relations> read_emitted(async::self me, connection& on, std::string publication) {
  relations all;
  for (auto& each : co_await read_published_relations(me, on, std::move(publication))) {
    const auto made = std::make_shared<event::relation>(std::move(each));
    made->version = pgoutput::new_version();
    all.emplace(made->oid, made);
  }
  co_return all;
}

/// What a user without the rights is told, with the statements that give them.
class hidden_tables {
 public:
  void note(const found_table& each, const result& answer, std::size_t row, const connection& on) {
    const auto name = on.quote_name(each.schema) + "." + on.quote_name(each.name);
    if (!answer.flag(row, "is_readable")) {
      unreadable_.push_back(name);
      schemas_.push_back(on.quote_name(each.schema));
    } else if (answer.flag(row, "hides_rows")) {
      filtered_.push_back(name);
    }
  }
  void raise(const connection& on) {
    if (unreadable_.empty() && filtered_.empty()) return;
    schemas_.erase(std::unique(schemas_.begin(), schemas_.end()), schemas_.end());
    const auto user = on.quote_name(on.user());
    std::string what;
    if (!unreadable_.empty()) {
      what = fmt::format(
          "the user may not read {}. Run: GRANT USAGE ON SCHEMA {} TO {}; GRANT SELECT ON {} TO {};",
          fmt::join(unreadable_, ", "), fmt::join(schemas_, ", "), user, fmt::join(unreadable_, ", "), user);
    }
    if (!filtered_.empty()) {
      what += fmt::format("{}row-level security hides rows of {} from the user. Run: ALTER ROLE {} BYPASSRLS;",
                          what.empty() ? "" : " And ", fmt::join(filtered_, ", "), user);
    }
    throw failure{verdict::permanent, "permission", "the snapshot cannot be taken: " + what};
  }

 private:
  std::vector<std::string> unreadable_;
  std::vector<std::string> schemas_;
  std::vector<std::string> filtered_;
};

bool is_wanted(const std::vector<std::string>& wanted, const found_table& each) {
  if (wanted.empty()) return true;
  const auto& root = *each.emitted_as;
  return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
    return name == each.schema + "." + each.name || name == root.schema + "." + root.name;
  });
}

}  // namespace

async::awaitable<std::vector<found_table>> read_snapshot_tables(async::self me, connection& on,
                                                                std::string publication, table_patterns taken,
                                                                std::vector<std::string> wanted) {
  const auto emitted = co_await read_emitted(me, on, publication);
  const auto* filter = on.server_version() >= filters_rows ? "t.rowfilter" : "null::text";
  const auto answer =
      co_await on.query(me, fmt::format(fmt::runtime(tables_with_rows), filter, on.quote_text(publication)));
  std::vector<found_table> all;
  hidden_tables hidden;
  for (std::size_t row = 0; row < answer.size(); ++row) {
    const auto root = emitted.find(static_cast<std::uint32_t>(number_at(answer, row, "root")));
    if (root == emitted.end()) continue;
    found_table each;
    each.oid = static_cast<std::uint32_t>(number_at(answer, row, "table_oid"));
    each.schema = answer.text(row, "schema");
    each.name = answer.text(row, "name");
    each.filenode = static_cast<std::uint32_t>(number_at(answer, row, "filenode"));
    each.row_filter = answer.text(row, "filter");
    each.emitted_as = root->second;
    // A partition that is published beside its root comes as the root only: the roots are first.
    const auto is_same = [&](const found_table& one) { return one.oid == each.oid; };
    if (!taken.takes(each.emitted_as->schema, each.emitted_as->name) || !is_wanted(wanted, each) ||
        std::any_of(all.begin(), all.end(), is_same)) {
      continue;
    }
    hidden.note(each, answer, row, on);
    all.push_back(std::move(each));
  }
  hidden.raise(on);
  std::sort(all.begin(), all.end(), [&](const found_table& one, const found_table& other) {
    const auto place = [&](const found_table& of) {
      return std::tuple{taken.place_of(of.emitted_as->schema, of.emitted_as->name), of.emitted_as->schema,
                        of.emitted_as->name, of.schema, of.name};
    };
    return place(one) < place(other);
  });
  co_return all;
}

async::awaitable<std::string> measure_tables(async::self me, connection& on, std::vector<found_table>& tables) {
  std::map<std::uint32_t, found_table*> by_oid;
  for (auto& each : tables) by_oid.emplace(each.oid, &each);
  std::vector<std::uint32_t> oids;
  for (const auto& [oid, table] : by_oid) oids.push_back(oid);
  const auto answer = co_await on.query(me, fmt::format(R"(
    select c.oid as table_oid, coalesce(pg_catalog.pg_relation_filenode(c.oid), 0) as filenode,
           pg_catalog.to_regclass(pg_catalog.format('%I.%I', n.nspname, c.relname)) = c.oid as has_name,
           pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint as blocks,
           pg_catalog.pg_table_size(c.oid) as size, greatest(c.reltuples, 0)::bigint as estimate
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.oid = any ('{{{}}}'::oid[]))",
                                                        fmt::join(oids, ",")));
  std::size_t measured = 0;
  for (std::size_t row = 0; row < answer.size(); ++row) {
    auto& table = *by_oid.at(static_cast<std::uint32_t>(number_at(answer, row, "table_oid")));
    const auto filenode = static_cast<std::uint32_t>(number_at(answer, row, "filenode"));
    const auto name = table.schema + "." + table.name;
    if (!answer.flag(row, "has_name")) co_return name + " was dropped or renamed";
    if (filenode != table.filenode) co_return name + " was rewritten";
    table.blocks = static_cast<std::uint64_t>(number_at(answer, row, "blocks"));
    table.size = static_cast<bytes>(number_at(answer, row, "size"));
    table.estimate = static_cast<std::uint64_t>(number_at(answer, row, "estimate"));
    ++measured;
  }
  co_return measured == tables.size() ? std::string{} : std::string{"a table is gone"};
}

}  // namespace weir::postgres
