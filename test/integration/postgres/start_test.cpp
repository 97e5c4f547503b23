#include "stream_bed.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <support/postgres_session.hpp>

using namespace weir;
using namespace weir::postgres;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* some_table = "create table t(id int primary key, name text)";

/// A bed whose slot and publication are made, and the position that was stored last.
event::stored_position started(stream_bed& bed) {
  return bed.stream(
      bed.settings(), std::nullopt,
      [](async::self, replication_stream&, recording_intake&) -> async::awaitable<> { co_return; });
}

void check_refused(stream_bed& bed, const std::optional<event::stored_position>& stored, verdict decision,
                   const std::string& reason) {
  const auto why = bed.refusal(bed.settings(), stored);
  REQUIRE(why);
  CHECK(why->reason() == reason);
  CHECK(why->decision() == decision);
}

}  // namespace

TEST_CASE("B3 a slot that somebody else moved is refused with both positions") {
  stream_bed bed;
  bed.server.exec(some_table);
  const auto stored = started(bed);
  bed.server.exec("insert into t values (1, 'never seen')");
  bed.server.exec("select pg_replication_slot_advance('weir', pg_current_wal_lsn())");
  const auto why = bed.refusal(bed.settings(), stored);
  REQUIRE(why);
  CHECK(why->decision() == verdict::refuse);
  CHECK(why->reason() == "slot_moved");
  CHECK_THAT(why->what(), ContainsSubstring(bed.slot_position()) && ContainsSubstring(to_string(stored.at)) &&
                              ContainsSubstring("weir state accept --slot-lsn"));
}

TEST_CASE("B3 a server whose log ends before the stored position is refused") {
  stream_bed bed;
  bed.server.exec(some_table);
  auto stored = started(bed);
  stored.at = lsn{stored.at.value() + (1ULL << 40U)};
  check_refused(bed, stored, verdict::refuse, "server_behind");
}

TEST_CASE("B3 a slot that is gone, or another server, is refused and nothing is made") {
  stream_bed bed;
  bed.server.exec(some_table);
  auto stored = started(bed);
  bed.server.exec("select pg_drop_replication_slot('weir')");
  check_refused(bed, stored, verdict::refuse, "slot_gone");
  stored.system_identifier = "1";
  check_refused(bed, stored, verdict::refuse, "other_server");
  CHECK(bed.server.value("select count(*) from pg_replication_slots") == "0");
}

TEST_CASE("B3 a slot without a stored position is adopted where it stands") {
  stream_bed bed;
  bed.server.exec(some_table);
  bed.server.exec("create publication weir for table t");
  bed.server.exec("select pg_create_logical_replication_slot('weir', 'pgoutput')");
  const auto at = bed.slot_position();
  bed.with_pool([&](async::self me, async::blocking_pool& pool) -> async::awaitable<> {
    replication_stream stream{bed.loop.executor(), bed.loop.registry(), pool, bed.settings()};
    co_await stream.connect(me);
    const auto from = co_await stream.prepare(me, std::nullopt, true);
    CHECK(from.must_store);
    CHECK(to_string(from.position.at) == at);
    CHECK_FALSE((co_await stream.prepare(me, from.position, true)).must_store);
    CHECK_FALSE((co_await stream.prepare(me, std::nullopt, false)).must_store);
  });
}

TEST_CASE("B6 slots of another kind are refused") {
  stream_bed bed;
  bed.server.exec(some_table);
  bed.server.exec("create publication weir for table t");
  const auto refused_as = [&](const std::string& make, const std::string& reason) {
    INFO(make);
    bed.server.exec(make);
    check_refused(bed, std::nullopt, verdict::refuse, reason);
    bed.server.exec("select pg_drop_replication_slot('weir')");
  };
  refused_as("select pg_create_logical_replication_slot('weir', 'test_decoding')", "slot_plugin");
  refused_as("select pg_create_physical_replication_slot('weir')", "slot_plugin");
  refused_as("select pg_create_logical_replication_slot('weir', 'pgoutput', false, true)", "slot_two_phase");
  refused_as("select pg_create_logical_replication_slot('weir', 'pgoutput', true)", "slot_temporary");
  bed.server.exec("create database other");
  bed.server.connect("other").exec("select pg_create_logical_replication_slot('weir', 'pgoutput')");
  check_refused(bed, std::nullopt, verdict::refuse, "slot_database");
}

TEST_CASE("B11 a table without replica identity is never published") {
  stream_bed bed;
  bed.server.exec(some_table);
  bed.server.exec("create table keyless(a int); insert into keyless values (1)");
  const auto why = bed.refusal(bed.settings(), std::nullopt);
  REQUIRE(why);
  CHECK(why->decision() == verdict::permanent);
  CHECK(why->reason() == "replica_identity");
  CHECK_THAT(why->what(), ContainsSubstring("public.keyless (no primary key)"));
  CHECK(bed.server.value("select count(*) from pg_publication") == "0");
  CHECK(bed.server.value("select count(*) from pg_replication_slots") == "0");
  bed.server.exec("update keyless set a = 2");

  auto only_t = bed.settings();
  only_t.tables = table_patterns{{"public.t"}};
  CHECK_FALSE(bed.refusal(only_t, std::nullopt));
  CHECK(bed.server.value("select string_agg(tablename, ',') from pg_publication_tables") == "t");
  bed.server.exec("update keyless set a = 3");
}

TEST_CASE("B11 partitions are looked at one by one, as the server publishes them") {
  stream_bed bed;
  bed.server.exec(
      "create table p(id int, day date) partition by range (day);"
      "create table p_1 partition of p for values from ('2024-01-01') to ('2025-01-01')");
  auto with = bed.settings();
  with.tables = table_patterns{{"public.p"}};
  const auto why = bed.refusal(with, std::nullopt);
  REQUIRE(why);
  CHECK_THAT(why->what(), ContainsSubstring("public.p_1 (no primary key)"));
}

TEST_CASE("B11 a publication that is missing under an existing slot is refused") {
  stream_bed bed;
  bed.server.exec(some_table);
  const auto stored = started(bed);
  bed.server.exec("drop publication weir");
  check_refused(bed, stored, verdict::refuse, "publication_gone");
  CHECK(bed.server.value("select count(*) from pg_publication") == "0");
}

TEST_CASE("B11 a publication that is dropped and made again under a stream ends it") {
  stream_bed bed;
  bed.server.exec(some_table);
  try {
    bed.stream(bed.settings(), std::nullopt,
               [&](async::self, replication_stream&, recording_intake& seen) -> async::awaitable<> {
                 bed.server.exec("drop publication weir; insert into t values (1, 'a')");
                 bed.server.exec("create publication weir for table t; insert into t values (2, 'b')");
                 co_await seen.until_rows(2);
               });
    FAIL("the stream went on");
  } catch (const failure& why) {
    CHECK(why.decision() == verdict::refuse);
    CHECK(why.reason() == "publication_gone");
  }
}

TEST_CASE("B11 from 18 on FULL with a generated column is no usable replica identity") {
  for (const int version : {17, 18}) {
    INFO("PostgreSQL " << version);
    stream_bed bed{{.version = version}};
    bed.server.exec(
        "create table g(id int primary key, twice int generated always as (id * 2) stored);"
        "alter table g replica identity full");
    const auto why = bed.refusal(bed.settings(), std::nullopt);
    CHECK(why.has_value() == (version == 18));
    if (why)
      CHECK_THAT(why->what(), ContainsSubstring("public.g (its REPLICA IDENTITY holds a generated column"));
    bed.server.exec("insert into g values (1); update g set id = 2");
  }
}

TEST_CASE("an unknown table in WEIR_TABLES is named, with and without a publication") {
  stream_bed bed;
  bed.server.exec(some_table);
  auto with = bed.settings();
  with.tables = table_patterns{{"public.t", "public.nothing"}};
  for (int round = 0; round < 2; ++round) {
    const auto why = bed.refusal(with, std::nullopt);
    REQUIRE(why);
    CHECK(why->decision() == verdict::permanent);
    CHECK(why->reason() == "unknown_table");
    CHECK_THAT(why->what(), ContainsSubstring("public.nothing"));
    if (round == 0) {
      CHECK(bed.server.value("select count(*) from pg_publication") == "0");
      bed.server.exec("create publication weir for table t");
    }
  }
}

TEST_CASE("nothing is made when WEIR_CREATE is off") {
  stream_bed bed;
  bed.server.exec(some_table);
  auto with = bed.settings();
  with.may_create = false;
  const auto why = bed.refusal(with, std::nullopt);
  REQUIRE(why);
  CHECK(why->decision() == verdict::permanent);
  CHECK(why->reason() == "no_slot");
  CHECK(bed.server.value("select count(*) from pg_publication") == "0");
}

TEST_CASE("a slot in use is waited for and its user left alone") {
  stream_bed bed;
  bed.server.exec(some_table);
  bed.stream(bed.settings(), std::nullopt,
             [&](async::self me, replication_stream&, recording_intake& seen) -> async::awaitable<> {
               replication_stream second{bed.loop.executor(), bed.loop.registry(), *bed.pool, bed.settings()};
               co_await second.connect(me);
               std::optional<failure> why;
               try {
                 co_await second.prepare(me, std::nullopt, true);
               } catch (const failure& raised) {
                 why = raised;
               }
               CHECK(why.has_value());
               if (why) CHECK(why->reason() == "slot_in_use");
               if (why) CHECK(why->decision() == verdict::retry);
               bed.server.exec("insert into t values (1, 'still here')");
               co_await seen.until_rows(1);
             });
}

TEST_CASE("wal_level = replica is told apart") {
  stream_bed bed{{.settings = {"wal_level = replica"}}};
  bed.server.exec(some_table);
  check_refused(bed, std::nullopt, verdict::permanent, "wal_level");
}

TEST_CASE("B4 a promoted server is gone on with, unless it lost what was stored") {
  stream_bed bed;
  bed.server.exec(some_table);
  bed.server.exec("insert into t values (1, 'on the old timeline')");
  const auto stored = started(bed);
  CHECK(stored.timeline == 1);
  bed.server.stop();
  support::write_text(bed.server.data() / "standby.signal", "");
  bed.server.start();
  bed.server.exec("select pg_promote()");
  bed.server.exec("insert into t values (2, 'on the new timeline')");

  auto lost = stored;
  lost.at = lsn{stored.at.value() + (1ULL << 40U)};
  check_refused(bed, lost, verdict::refuse, "lost_by_failover");

  const auto after =
      bed.stream(bed.settings(), stored,
                 [](async::self, replication_stream&, recording_intake& seen) -> async::awaitable<> {
                   co_await seen.until(
                       [&seen] { return !seen.rows.empty() && seen.rows.back().ends_with("new timeline)"); });
                 });
  CHECK(after.timeline == 2);
}
