#include <postgres/publication.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <exception>

#include <base/failure.hpp>
#include <postgres/fields.hpp>

namespace weir::postgres {
namespace {

/// From here on REPLICA IDENTITY must not hold generated columns that are not published.
constexpr int checks_generated_columns = 180000;

/// With REPLICA IDENTITY FULL every generated column belongs to the identity, else those of its index.
constexpr const char* columns_of_table = R"(
  select n.nspname as schema, c.relname as name, c.relreplident as identity,
         exists (select from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisprimary) as has_primary_key,
         exists (select from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisreplident) as has_identity_index,
         exists (select from pg_catalog.pg_attribute a
                 where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated <> ''
                   and not ({}) and (c.relreplident = 'f' or exists (
                     select from pg_catalog.pg_index i
                     where i.indrelid = c.oid and a.attnum = any (i.indkey)
                       and case c.relreplident when 'd' then i.indisprimary else i.indisreplident end)))
           as has_unpublished_generated,
         c.relreplident <> 'i' or not exists (
           select from pg_catalog.pg_index k join pg_catalog.pg_index i on i.indrelid = k.indrelid and i.indisreplident
           where k.indrelid = c.oid and k.indisprimary
             and not (k.indkey::int2[])[0:k.indnkeyatts - 1] <@ i.indkey::int2[]) as identity_holds_key
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace)";

std::vector<table> tables_of(const result& answer) {
  std::vector<table> all;
  for (std::size_t row = 0; row < answer.size(); ++row) {
    all.push_back({.schema = answer.text(row, "schema"),
                   .name = answer.text(row, "name"),
                   .identity = identity_of(answer.text(row, "identity")),
                   .has_primary_key = answer.flag(row, "has_primary_key"),
                   .has_identity_index = answer.flag(row, "has_identity_index"),
                   .has_unpublished_generated = answer.flag(row, "has_unpublished_generated"),
                   .identity_holds_key = answer.flag(row, "identity_holds_key")});
  }
  return all;
}

/// Schemas that can be published as a whole, so that tables made later are in it: from 15 on, and by a
/// superuser.
async::awaitable<std::vector<std::string>> publishable_schemas(async::self me, connection& on,
                                                               table_patterns wanted) {
  constexpr int publishes_schemas = 150'000;
  auto schemas = wanted.whole_schemas();
  if (schemas.empty() || on.server_version() < publishes_schemas) co_return std::vector<std::string>{};
  const auto answer = co_await on.query(me,
                                        "select nspname from pg_catalog.pg_namespace where "
                                        "current_setting('is_superuser') = 'on'");
  std::erase_if(schemas, [&](const std::string& each) {
    for (std::size_t row = 0; row < answer.size(); ++row) {
      if (answer.text(row, "nspname") == each) return false;
    }
    return true;
  });
  co_return schemas;
}

async::awaitable<> create_unchecked(async::self me, connection& on, std::string name,
                                    const table_patterns& wanted) {
  std::string what = "all tables";
  if (!wanted.takes_everything()) {
    const auto all = co_await read_all_tables(me, on);
    check_patterns(wanted, all, fmt::format("the database {}", on.database()));
    const auto schemas = co_await publishable_schemas(me, on, wanted);
    const auto is_in_schema = [&](const table& each) {
      return std::find(schemas.begin(), schemas.end(), each.schema) != schemas.end();
    };
    std::vector<std::string> names;
    for (const auto& each : schemas) names.push_back("tables in schema " + on.quote_name(each));
    for (const auto& each : all) {
      if (!wanted.takes(each.schema, each.name) || is_in_schema(each)) continue;
      names.push_back("table " + on.quote_name(each.schema) + "." + on.quote_name(each.name));
    }
    if (names.empty()) {
      throw failure{
          verdict::permanent, "unknown_table",
          fmt::format("publication \"{}\" was not made: no table of the database {} is among those that "
                      "the configuration names",
                      name, on.database())};
    }
    what = fmt::format("{}", fmt::join(names, ", "));
  }
  co_await on.query(me, fmt::format("create publication {} for {} with (publish = 'insert, update, delete')",
                                    on.quote_name(name), what));
}

void check_identities(const std::vector<table>& published, const std::string& publication, int version) {
  std::vector<std::string> unusable;
  for (const auto& each : published) {
    if (const auto why = unusable_identity(each, version); !why.empty()) {
      unusable.push_back(fmt::format("{} ({})", each.full_name(), why));
    }
  }
  if (unusable.empty()) return;
  throw failure{
      verdict::permanent, "replica_identity",
      fmt::format("publication \"{}\" was not made, because UPDATE and DELETE on these tables would fail in "
                  "the applications that run them: {}. Give each a primary key or a REPLICA IDENTITY, or "
                  "leave it out of WEIR_TABLES",
                  publication, fmt::join(unusable, ", "))};
}

async::awaitable<> create_checked(async::self me, connection& on, std::string name,
                                  const table_patterns& wanted) {
  co_await create_unchecked(me, on, name, wanted);
  check_identities(co_await read_published_tables(me, on, name), name, on.server_version());
}

}  // namespace

event::replica_identity identity_of(const std::string& letter) {
  for (const auto known : {event::replica_identity::by_default, event::replica_identity::nothing,
                           event::replica_identity::full, event::replica_identity::index}) {
    if (letter.size() == 1 && letter.front() == static_cast<char>(known)) return known;
  }
  throw failure{verdict::corrupt, "protocol",
                fmt::format("PostgreSQL answered the replica identity `{}`, which Weir does not know", letter)};
}

std::string unusable_identity(const table& of, int server_version) {
  switch (of.identity) {
    case event::replica_identity::nothing:
      return "REPLICA IDENTITY NOTHING";
    case event::replica_identity::by_default:
      if (!of.has_primary_key) return "no primary key";
      break;
    case event::replica_identity::index:
      if (!of.has_identity_index) return "the index of its REPLICA IDENTITY is gone";
      break;
    case event::replica_identity::full:
      break;
  }
  if (server_version >= checks_generated_columns && of.has_unpublished_generated) {
    return "its REPLICA IDENTITY holds a generated column that is not published";
  }
  return {};
}

std::string unusual_key(const table& of) {
  if (!of.identity_holds_key) {
    return "its REPLICA IDENTITY does not hold the primary key, which a DELETE would not bring: records are "
           "keyed by "
           "the columns of that index";
  }
  if (!of.has_primary_key && of.identity == event::replica_identity::full) {
    return "it has no primary key: records have no key, so nothing keeps the changes of one row in order";
  }
  return {};
}

async::awaitable<std::optional<publication>> read_publication(async::self me, connection& on,
                                                              std::string name) {
  const auto answer = co_await on.query(me,
                                        "select puballtables, pubinsert, pubupdate, pubdelete, pubtruncate "
                                        "from pg_catalog.pg_publication where pubname = " +
                                            on.quote_text(name));
  if (answer.empty()) co_return std::nullopt;
  co_return publication{.name = std::move(name),
                        .is_for_all_tables = answer.flag(0, "puballtables"),
                        .inserts = answer.flag(0, "pubinsert"),
                        .updates = answer.flag(0, "pubupdate"),
                        .deletes = answer.flag(0, "pubdelete"),
                        .truncates = answer.flag(0, "pubtruncate")};
}

async::awaitable<std::vector<table>> read_published_tables(async::self me, connection& on, std::string name) {
  // From 18 on a publication may publish stored generated columns; before, the identity was never checked for
  // them.
  const auto* is_published =
      on.server_version() >= checks_generated_columns ? "a.attgenerated = 's' and p.pubgencols = 's'" : "false";
  const auto quoted = on.quote_text(name);
  const auto answer =
      co_await on.query(me, fmt::format(fmt::runtime(columns_of_table), is_published) + fmt::format(R"(
  join pg_catalog.pg_publication_tables t on t.schemaname = n.nspname and t.tablename = c.relname
  join pg_catalog.pg_publication p on p.pubname = t.pubname
  where t.pubname = {} order by 1, 2)",
                                                                                                    quoted));
  co_return tables_of(answer);
}

async::awaitable<std::vector<table>> read_all_tables(async::self me, connection& on) {
  const auto answer = co_await on.query(
      me,
      fmt::format(fmt::runtime(columns_of_table), "false") +
          fmt::format(" where c.relkind in ('r', 'p') and c.relpersistence = 'p' and c.oid >= {} order by 1, 2",
                      first_ordinary_oid));
  co_return tables_of(answer);
}

async::awaitable<> create_publication(async::self me, connection& on, std::string name,
                                      const table_patterns& wanted) {
  // The server itself says what would be published, partitions and all, before anybody else can see it.
  co_await on.query(me, "begin");
  std::exception_ptr refused;
  try {
    co_await create_checked(me, on, name, wanted);
  } catch (const failure&) {
    refused = std::current_exception();
  }
  co_await on.query(me, refused ? "rollback" : "commit");
  if (refused) std::rethrow_exception(refused);
}

void check_patterns(const table_patterns& wanted, const std::vector<table>& published,
                    const std::string& where) {
  const auto unknown = wanted.missing(published);
  if (unknown.empty()) return;
  throw failure{
      verdict::permanent, "unknown_table",
      fmt::format("the configuration names {}, but {} has no such table", fmt::join(unknown, ", "), where)};
}

}  // namespace weir::postgres
