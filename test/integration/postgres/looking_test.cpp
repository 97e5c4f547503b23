#include "stream_bed.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>

#include <postgres/preflight.hpp>
#include <postgres/slot_watch.hpp>
#include <support/bed.hpp>

using namespace weir;
using namespace weir::postgres;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

std::vector<std::string> problems(stream_bed& bed, preflight_settings with, severity as = severity::error) {
  std::vector<std::string> objects;
  bed.with_pool([&](async::self me, async::blocking_pool& pool) -> async::awaitable<> {
    for (const auto& each : co_await preflight(me, pool, with)) {
      UNSCOPED_INFO(each.object << ": " << each.sentence);
      if (each.is == as) objects.push_back(each.object);
    }
  });
  return objects;
}

}  // namespace

TEST_CASE("weir check finds every mistake at the server at once and changes nothing") {
  stream_bed bed{{.settings = {"max_replication_slots = 1"}}};
  bed.server.exec("create table t(id int primary key); create table keyless(a int); create role plain login");
  bed.server.exec("select pg_create_logical_replication_slot('other', 'pgoutput')");
  preflight_settings with{.server = bed.to(), .slot = "weir", .publication = "weir"};
  CHECK(problems(bed, with) == std::vector<std::string>{"max_replication_slots", "table public.keyless"});

  with.tables = table_patterns{{"public.t", "public.absent"}};
  with.server.conninfo = [&] {
    return fmt::format("host=127.0.0.1 port={} user=plain dbname=postgres", bed.server.port());
  };
  CHECK(problems(bed, with) == std::vector<std::string>{"role plain", "role plain", "max_replication_slots",
                                                        "table public.absent", "server"});
  CHECK(bed.server.value("select count(*) from pg_publication") == "0");

  with.server.conninfo = [] { return "host=127.0.0.1 port=1"; };
  CHECK(problems(bed, with) == std::vector<std::string>{"connection"});
}

TEST_CASE("weir check is content with what weir run has made") {
  stream_bed bed;
  bed.server.exec("create table t(id int primary key)");
  bed.stream(bed.settings(), std::nullopt,
             [](async::self, replication_stream&, recording_intake&) -> async::awaitable<> { co_return; });
  CHECK(problems(bed, {.server = bed.to(), .slot = "weir", .publication = "weir"}).empty());
}

TEST_CASE("weir check, the stream and the watch understand the catalog of every version") {
  for (const int version : support::postgres_versions()) {
    INFO("PostgreSQL " << version);
    stream_bed bed{{.version = version}};
    bed.server.exec(
        "create table t(id int primary key, code int not null unique);"
        "alter table t replica identity using index t_code_key; create table keyless(a int)");
    const preflight_settings with{.server = bed.to(), .slot = "weir", .publication = "weir"};
    CHECK(problems(bed, with) == std::vector<std::string>{"table public.keyless"});
    CHECK(problems(bed, with, severity::warning) == std::vector<std::string>{"table public.t"});
    bed.server.exec("drop table keyless");
    const auto stored =
        bed.stream(bed.settings(), std::nullopt,
                   [&](async::self, replication_stream&, recording_intake& seen) -> async::awaitable<> {
                     bed.server.exec("insert into t values (1, 10); delete from t");
                     co_await seen.until_rows(2);
                     CHECK(seen.keys == std::vector<std::string>{"code", "code"});
                   });
    bed.with_pool([&](async::self, async::blocking_pool& pool) -> async::awaitable<> {
      slot_watch watch{bed.loop.executor(), pool, bed.to(), "weir", "weir", milliseconds{20}};
      async::task_scope tasks{bed.loop.executor(), bed.loop.registry()};
      tasks.spawn("watch", [&](async::self task) { return watch.watch(task); });
      co_await bed.until([&] { return watch.seen().wal_status == "reserved"; });
      tasks.cancel();
      co_await tasks.join(seconds{5});
    });
    bed.server.exec(
        "insert into t values (2, 20); select pg_replication_slot_advance('weir', pg_current_wal_lsn())");
    const auto why = bed.refusal(bed.settings(), stored);
    REQUIRE(why);
    CHECK(why->reason() == "slot_moved");
  }
}

TEST_CASE("weir check warns of tables whose records are keyed by something else than the primary key") {
  stream_bed bed;
  bed.server.exec(
      "create table usual(id int primary key, code int not null unique);"
      "create table wide(id int primary key, code int not null);"
      "create unique index on wide(code, id); alter table wide replica identity using index wide_code_id_idx;"
      "create table narrow(id int primary key, code int not null unique);"
      "alter table narrow replica identity using index narrow_code_key;"
      "create table full_row(id int primary key); alter table full_row replica identity full;"
      "create table keyless(n int); alter table keyless replica identity full");
  const preflight_settings with{.server = bed.to(), .slot = "weir", .publication = "weir"};
  CHECK(problems(bed, with).empty());
  CHECK(problems(bed, with, severity::warning) ==
        std::vector<std::string>{"table public.keyless", "table public.narrow"});
}

TEST_CASE("the slot is watched, and a server that is away does not end the watch") {
  stream_bed bed;
  bed.server.exec("create table t(id int primary key)");
  bed.server.exec("select pg_create_logical_replication_slot('weir', 'pgoutput')");
  bed.with_pool([&](async::self, async::blocking_pool& pool) -> async::awaitable<> {
    slot_watch watch{bed.loop.executor(), pool, bed.to(), "weir", "weir", milliseconds{20}};
    async::task_scope tasks{bed.loop.executor(), bed.loop.registry()};
    tasks.spawn("watch", [&](async::self task) { return watch.watch(task); });
    co_await bed.until([&] { return watch.seen().wal_status == "reserved"; });
    bed.server.exec("insert into t select generate_series(1, 10000)");
    co_await bed.until([&] { return watch.seen().retained > 500 * kibibyte; });
    CHECK(watch.seen().server_wal > watch.seen().confirmed_flush);
    bed.server.restart(support::postgres_stop::immediate);
    const auto restarted = steady_clock::now();
    co_await bed.until([&] { return watch.seen().seen > restarted; });
    tasks.cancel();
    co_await tasks.join(seconds{5});
  });
}

TEST_CASE(
    "B10 a slot that the server drops when idle is touched in time, moves nowhere, and is free in between") {
  stream_bed bed{{.version = 18, .settings = {"idle_replication_slot_timeout = 6s"}}};
  bed.server.exec("create table t(id int primary key, name text); create publication weir for table t");
  bed.server.exec("select pg_create_logical_replication_slot('weir', 'pgoutput')");
  bed.server.exec("insert into t select n, repeat('x', 100) from generate_series(1, 100000) n");
  const auto stood = bed.slot_position();
  bed.with_pool([&](async::self me, async::blocking_pool& pool) -> async::awaitable<> {
    slot_watch watch{bed.loop.executor(), pool, bed.to(), "weir", "weir"};
    async::task_scope tasks{bed.loop.executor(), bed.loop.registry()};
    tasks.spawn("watch", [&](async::self task) { return watch.watch(task); });
    co_await bed.until([&] { return watch.seen().idle_limit == seconds{6}; });

    // Only a checkpoint drops idle slots.
    const auto end = steady_clock::now() + seconds{14};
    milliseconds longest{0};
    co_await bed.until([&] {
      bed.server.exec("checkpoint");
      longest = std::max(longest, watch.seen().unused);
      return steady_clock::now() > end;
    });
    CHECK(bed.server.value("select invalidation_reason is null from pg_replication_slots") == "t");
    CHECK(bed.slot_position() == stood);
    INFO("unused for " << longest.count() << " ms");
    CHECK(longest < seconds{4});

    co_await watch.stand_aside(me);
    CHECK(bed.server.value("select count(*) from pg_replication_slots where active") == "0");
    co_await bed.until([&] { return watch.seen().unused > seconds{4}; });
    watch.stand_in();
    co_await bed.until([&] { return watch.seen().unused < seconds{2}; });
    tasks.cancel();
    co_await tasks.join(seconds{5});
  });
}
