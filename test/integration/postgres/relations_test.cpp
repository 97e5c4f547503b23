#include "stream_bed.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <postgres/relations.hpp>
#include <postgres/table_patterns.hpp>
#include <support/bed.hpp>

using namespace weir;
using namespace weir::postgres;

namespace {

/// `public.t key id,part: id* part* name`; a star is a column of the replica identity.
std::string described(const event::relation& of) {
  std::string key;
  for (const auto index : of.key) key += (key.empty() ? "" : ",") + of.columns.at(index).name;
  auto text = fmt::format("{}.{} key {}:", of.schema, of.name, key);
  for (const auto& each : of.columns) text += fmt::format(" {}{}", each.name, each.is_identity ? "*" : "");
  return text;
}

std::vector<std::string> described(const std::vector<event::relation>& all) {
  std::vector<std::string> texts;
  for (const auto& each : all) texts.push_back(described(each));
  return texts;
}

constexpr auto tables = R"(
  create domain cents as numeric(10,2);
  create schema shop;
  create table shop.a(id int, part int, name text, gone int, price cents,
                      twice int generated always as (id * 2) stored, primary key (part, id) include (name));
  alter table shop.a drop column gone;
  create table shop.b(id int primary key, code int not null, note text);
  create unique index b_code on shop.b(code);
  alter table shop.b replica identity using index b_code;
  create table shop.c(x int, y text);
  alter table shop.c replica identity full;
  create table shop.d(id int primary key);
  alter table shop.d replica identity nothing;
  create table other(id int primary key))";

}  // namespace

TEST_CASE("tables are described from the catalog as their rows would be sent, by every version") {
  for (const int version : support::postgres_versions()) {
    INFO("PostgreSQL " << version);
    stream_bed bed{{.version = version}};
    bed.server.exec(tables);
    bed.server.exec("create publication weir for table shop.a, shop.b, shop.c, shop.d");
    bed.with_pool([&](async::self me, async::blocking_pool& pool) -> async::awaitable<> {
      auto on = co_await connection::open(me, pool, bed.to(), session::ordinary);
      const auto published = co_await read_published_relations(me, *on, "weir");
      CHECK(described(published) == std::vector<std::string>{"shop.a key part,id: id* part* name price",
                                                             "shop.b key code: id code* note",
                                                             "shop.c key : x* y*", "shop.d key id: id"});
      constexpr std::uint32_t numeric_oid = 1700;
      CHECK(published.at(0).columns.at(3).base_type_oid == numeric_oid);
      CHECK(published.at(0).columns.at(3).type_oid != numeric_oid);
      const auto all = co_await read_all_relations(me, *on);
      CHECK(all.size() == published.size() + 1);
      CHECK((co_await read_published_relations(me, *on, "absent")).empty());
    });
  }
}

TEST_CASE("columns that a publication leaves out are not described") {
  for (const int version : support::postgres_versions()) {
    if (version < 15) continue;
    INFO("PostgreSQL " << version);
    stream_bed bed{{.version = version}};
    bed.server.exec(tables);
    bed.server.exec("create publication weir for table shop.a (id, part), shop.b");
    bed.with_pool([&](async::self me, async::blocking_pool& pool) -> async::awaitable<> {
      auto on = co_await connection::open(me, pool, bed.to(), session::ordinary);
      CHECK(described(co_await read_published_relations(me, *on, "weir")) ==
            std::vector<std::string>{"shop.a key part,id: id* part*", "shop.b key code: id code* note"});
    });
  }
}

TEST_CASE("a judge sees the tables before anything is made, and what it refuses does not start") {
  stream_bed bed;
  bed.server.exec("create table t(id int primary key)");
  auto with = bed.settings();
  std::vector<std::string> seen;
  with.judge = [&](const std::vector<event::relation>& all, const std::string& where) {
    for (const auto& each : all) seen.push_back(where + " " + described(each));
    throw failure{verdict::permanent, "configuration", "not these"};
  };
  const auto refused = bed.refusal(with, std::nullopt);
  REQUIRE(refused);
  CHECK(std::string{refused->what()} == "not these");
  CHECK(seen == std::vector<std::string>{"the database public.t key id: id*"});
  CHECK(bed.server.value("select count(*) from pg_publication") == "0");
  CHECK(bed.server.value("select count(*) from pg_replication_slots") == "0");
}

TEST_CASE("a pattern with a star may wait for its tables, but not every pattern of a new publication") {
  stream_bed bed;
  bed.server.exec("create table t(id int primary key); create publication weir for all tables");
  auto with = bed.settings();
  with.tables = table_patterns{{"public.t", "public.later_*"}};
  bed.stream(with, std::nullopt,
             [](async::self, replication_stream&, recording_intake&) -> async::awaitable<> { co_return; });
  bed.server.exec("select pg_drop_replication_slot('weir'); drop publication weir");
  with.tables = table_patterns{{"public.later_*"}};
  const auto refused = bed.refusal(with, std::nullopt);
  REQUIRE(refused);
  CHECK(refused->reason() == "unknown_table");
  CHECK(bed.server.value("select count(*) from pg_publication") == "0");
}

TEST_CASE("what a column's values need is read from the catalog, by every version") {
  for (const int version : support::postgres_versions()) {
    INFO("PostgreSQL " << version);
    stream_bed bed{{.version = version}};
    bed.server.exec(R"(
      create type mood as enum ('b', 'a c', '"q"');
      create domain cents as numeric(10,2) not null;
      create domain deep as cents;
      create domain label as text;
      create type pair as (a int, b int);
      create table facts(id int primary key, m mood, ms mood[], d deep, ls label[], ds cents[], p pair,
                         n int not null default 7, t text default 'it''s', c timestamptz default now(),
                         s bigserial, v int2vector, g int generated always as (id * 2) stored);
      create publication weir for table facts)");
    bed.with_pool([&](async::self me, async::blocking_pool& pool) -> async::awaitable<> {
      auto on = co_await connection::open(me, pool, bed.to(), session::ordinary);
      const auto all = co_await read_published_relations(me, *on, "weir");
      REQUIRE(all.size() == 1);
      const auto of = [&](std::string_view name) -> const event::column& {
        return *std::ranges::find(all[0].columns, name, &event::column::name);
      };
      using labels = std::vector<std::string>;
      CHECK(of("id").is_required);
      CHECK(of("id").type_name == "int4");
      CHECK(of("m").type_kind == 'e');
      CHECK(of("m").labels == labels{"b", "a c", "\"q\""});
      CHECK(of("ms").element_type_kind == 'e');
      CHECK(of("ms").element_type_name == "mood");
      CHECK(of("ms").labels == labels{"b", "a c", "\"q\""});
      CHECK(of("d").type_name == "numeric");
      CHECK(of("d").type_modifier == 655366);
      CHECK(of("d").is_required);
      CHECK(of("ls").element_type_name == "text");
      CHECK(of("ls").has_domain_elements);
      CHECK_FALSE(of("ms").has_domain_elements);
      CHECK(of("ds").element_type_name == "numeric");
      CHECK(of("ds").type_modifier == 655366);
      CHECK(of("p").type_kind == 'c');
      CHECK(of("n").is_required);
      CHECK(of("n").default_text == "7");
      CHECK(of("t").default_text == "it's");
      CHECK_FALSE(of("t").is_required);
      CHECK_FALSE(of("c").default_text.has_value());
      CHECK_FALSE(of("s").default_text.has_value());
    });
  }
}
