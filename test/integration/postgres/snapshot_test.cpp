#include "snapshot_bed.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <support/bed.hpp>

using namespace weir;
using namespace weir::postgres;
using Catch::Matchers::ContainsSubstring;
using lines = std::vector<std::string>;

namespace {

/// Rows of some 100 bytes, so that a range of 64 KiB holds a few hundred.
void fill(snapshot_bed& bed, const std::string& table, int rows) {
  bed.server.exec(
      fmt::format("create table {0}(id int primary key, n int, text text); insert into {0} "
                  "select i, 0, repeat('x', 80) from generate_series(1, {1}) i; analyze {0}",
                  table, rows));
}

/// Counts of how often each row was read: the largest.
int most_reads(const mirror& into) {
  int most = 0;
  for (const auto& [key, times] : into.times_read) most = std::max(most, times);
  return most;
}

}  // namespace

TEST_CASE("a snapshot beside a stream that changes its rows loses none and repeats none") {
  for (const int version : support::postgres_versions()) {
    INFO("PostgreSQL " << version);
    snapshot_bed bed{{.version = version}};
    fill(bed, "t", 5000);
    bed.server.exec(R"(create procedure churn(rounds int) language plpgsql as $$
      declare a int; b int; c int;
      begin
        for i in 1..rounds loop
          a := random() * 5000; b := random() * 5000; c := random() * 5000;
          update t set n = n + 1 where id = a;
          delete from t where id = b;
          insert into t values (5000 + i, i, 'new');
          update t set id = -id where id = c and not exists (select from t o where o.id = -c);
          commit;
        end loop;
      end $$)");
    bed.run([&](async::self me, replication_stream& stream, mirror& into) -> async::awaitable<> {
      auto writer = bed.server.connect();
      writer.begin("call churn(6000)");
      const auto progress = co_await bed.attempt(me, stream, into, {});
      CHECK(progress.stage == event::snapshot_stage::done);
      CHECK(most_reads(into) == 1);
      CHECK(into.read.size() > 1000);
      writer.finish();
      co_await bed.catch_up(into);
      CHECK(into.rows("t") == bed.rows("t"));
    });
  }
}

TEST_CASE("a snapshot that was broken off goes on with what is left, whatever happened meanwhile") {
  snapshot_bed bed;
  fill(bed, "a", 3000);
  fill(bed, "b", 3000);
  bed.run([&](async::self me, replication_stream& stream, mirror& into) -> async::awaitable<> {
    auto progress = co_await bed.attempt(me, stream, into, {}, 4);
    CHECK(progress.stage == event::snapshot_stage::reading);
    const auto first = progress.at;
    for (int round = 0; round < 3; ++round) {
      INFO("round " << round);
      bed.server.exec(
          "update a set n = n + 1 where id % 7 = 0; delete from a where id % 50 = 3; "
          "update b set n = n + 1 where id % 7 = 0; delete from b where id % 50 = 3;"
          "insert into b select 10000 + max(id), 1, 'new' from b");
      progress = co_await bed.attempt(me, stream, into, progress, 4);
    }
    progress = co_await bed.attempt(me, stream, into, progress);
    CHECK(progress.stage == event::snapshot_stage::done);
    CHECK(progress.at == first);
    // What was read and did not change is not read again.
    CHECK(most_reads(into) == 1);
    CHECK(into.times_read.size() < 4500);
    co_await bed.catch_up(into);
    CHECK(into.rows("a") == bed.rows("a"));
    CHECK(into.rows("b") == bed.rows("b"));
  });
}

TEST_CASE("C1 a table that is rewritten between the point of a snapshot and its lock is read all the same") {
  snapshot_bed bed;
  fill(bed, "t", 300);
  bool was_altered = false;
  bed.on_state = [&](snapshot_state is) {
    // The point is known, the lock is not taken: the statement runs while the attempt stands still.
    if (is != snapshot_state::planning || was_altered) return;
    bed.server.exec("alter table t alter column n type bigint");
    was_altered = true;
  };
  bed.run([&](async::self me, replication_stream& stream, mirror& into) -> async::awaitable<> {
    const auto progress = co_await bed.attempt(me, stream, into, {});
    CHECK(was_altered);
    CHECK(progress.stage == event::snapshot_stage::done);
    CHECK(into.read.size() == 300);
    CHECK(into.rows("t") == bed.rows("t"));
  });
}

TEST_CASE("C1 a table that is dropped, renamed or emptied before its lock leaves the others as they are") {
  const auto* const harm =
      GENERATE("drop table t", "alter table t rename to gone", "truncate t", "alter table t drop column text");
  snapshot_bed bed;
  fill(bed, "t", 300);
  fill(bed, "u", 300);
  bool was_done = false;
  bed.on_state = [&](snapshot_state is) {
    if (is != snapshot_state::planning || was_done) return;
    bed.server.exec(harm);
    was_done = true;
  };
  bed.run([&](async::self me, replication_stream& stream, mirror& into) -> async::awaitable<> {
    bool is_void = false;
    event::snapshot_progress progress;
    try {
      progress = co_await bed.attempt(me, stream, into, {});
    } catch (const failure& why) {
      // Columns are asked for by name, so this is seen when the table is read.
      INFO(why.what());
      CHECK(why.decision() == verdict::retry);
      is_void = true;
    }
    if (is_void) progress = co_await bed.attempt(me, stream, into, {});
    CHECK(is_void == (std::string_view{harm} == "alter table t drop column text"));
    CHECK(progress.stage == event::snapshot_stage::done);
    CHECK(into.rows("u") == bed.rows("u"));
  });
}

TEST_CASE("C3 an update that moves a row into what was read brings its unchanged large value, too") {
  snapshot_bed bed;
  // There is room in the first block alone, so that is where an update puts the newest version of a row: the
  // last block, which has some too, is vacuumed away.
  bed.server.exec(
      "create table t(id int primary key, n int, large text) with (autovacuum_enabled = off); "
      "alter table t alter column large set storage external; "
      "insert into t select i, 0, repeat(md5(i::text), 400) from generate_series(1, 2000) i; "
      "delete from t where id <= 20 or (ctid::text::point)[0] = (select max((ctid::text::point)[0]) from t)");
  bed.server.exec("vacuum t");
  const auto last = bed.server.value("select max(id) from t");
  bed.run([&](async::self me, replication_stream& stream, mirror& into) -> async::awaitable<> {
    bed.with.connections = 1;
    bed.with.size_of_range = 1;  // a block each
    auto progress = co_await bed.attempt(me, stream, into, {}, 1);
    CHECK(progress.tables.at(0).done == std::vector{event::block_range{0, 1}});
    CHECK_FALSE(into.has("t", last));
    auto session = bed.server.connect();
    session.exec("update t set n = 1 where id = " + last);
    REQUIRE(session.value("select (ctid::text::point)[0] from t where id = " + last) == "0");
    progress = co_await bed.attempt(me, stream, into, progress);
    CHECK(progress.stage == event::snapshot_stage::done);
    co_await bed.catch_up(into);
    CHECK(into.rows("t") == bed.rows("t"));
  });
}

TEST_CASE("C3 a table whose rows were moved without a trace in the stream is read again from its beginning") {
  const auto* const move =
      GENERATE("vacuum full t", "cluster t using t_pkey", "alter table t alter n type bigint");
  snapshot_bed bed;
  fill(bed, "t", 2000);
  bed.server.exec("update t set n = 1 where id % 2 = 0; delete from t where id % 3 = 0");
  bed.run([&](async::self me, replication_stream& stream, mirror& into) -> async::awaitable<> {
    bed.with.connections = 1;
    auto progress = co_await bed.attempt(me, stream, into, {}, 2);
    bed.server.exec(move);
    progress = co_await bed.attempt(me, stream, into, progress);
    CHECK(into.times_read.size() == bed.rows("t").size());
    co_await bed.catch_up(into);
    CHECK(into.rows("t") == bed.rows("t"));
  });
}

TEST_CASE("C3 a row that is changed and one that is deleted between two attempts end as they are") {
  snapshot_bed bed;
  fill(bed, "t", 2000);
  bed.run([&](async::self me, replication_stream& stream, mirror& into) -> async::awaitable<> {
    bed.with.connections = 1;
    auto progress = co_await bed.attempt(me, stream, into, {}, 2);
    // One that was read, one that was not.
    REQUIRE(into.has("t", "1"));
    REQUIRE_FALSE(into.has("t", "2000"));
    bed.server.exec(
        "update t set n = 1 where id in (1, 2000); update t set n = 2 where id in (1, 2000); "
        "delete from t where id in (2, 1999)");
    progress = co_await bed.attempt(me, stream, into, progress);
    co_await bed.catch_up(into);
    CHECK(into.rows("t") == bed.rows("t"));
    CHECK_FALSE(into.has("t", "2"));
    CHECK_FALSE(into.has("t", "1999"));
  });
}

TEST_CASE("what a publication leaves out is not read either") {
  for (const int version : support::postgres_versions()) {
    if (version < 15) continue;
    INFO("PostgreSQL " << version);
    snapshot_bed bed{{.version = version}};
    bed.server.exec(
        "create table t(id int primary key, n int, secret text); "
        "insert into t select i, i, 'hidden' from generate_series(1, 100) i; "
        "create table unpublished(id int primary key); insert into unpublished values (1); "
        "create publication weir for table t (id, n) where (id > 90)");
    bed.run([&](async::self me, replication_stream& stream, mirror& into) -> async::awaitable<> {
      co_await bed.attempt(me, stream, into, {});
      CHECK(into.rows("t").size() == 10);
      CHECK(into.rows("t").front() == "100 | 100");
      CHECK(into.rows("unpublished").empty());
    });
  }
}

TEST_CASE("partitions are read as their root, or as themselves, as the publication says") {
  for (const int version : support::postgres_versions()) {
    INFO("PostgreSQL " << version);
    for (const bool is_root : {true, false}) {
      snapshot_bed bed{{.version = version}};
      bed.server.exec(fmt::format(R"(
        create table r(id int, name text, primary key (id)) partition by range (id);
        create table p1 partition of r for values from (0) to (100);
        create table p2(name text, gone int, id int not null);
        alter table p2 drop column gone;
        alter table r attach partition p2 for values from (100) to (200);
        create table p3 partition of r for values from (200) to (300) partition by range (id);
        create table p31 partition of p3 for values from (200) to (250);
        insert into r select i * 50, 'row ' || i from generate_series(0, 4) i;
        create publication weir for table r with (publish_via_partition_root = {}))",
                                  is_root));
      bed.run([&](async::self me, replication_stream& stream, mirror& into) -> async::awaitable<> {
        bed.with.connections = 1;
        co_await bed.attempt(me, stream, into, {});
        if (is_root) {
          CHECK(into.rows("r") == bed.rows("r"));
          CHECK(into.read.size() == 5);
          CHECK(into.read.front() == "r 0 first");
          CHECK(into.read.back() == "r 200 last");
        } else {
          CHECK(into.rows("r").empty());
          CHECK(into.rows("p1") == bed.rows("p1"));
          CHECK(into.rows("p2") == bed.rows("p2"));
          CHECK(into.rows("p31") == bed.rows("p31"));
        }
      });
    }
  }
}

TEST_CASE("rows are marked as the first and the last of their tables and of the snapshot") {
  snapshot_bed bed;
  bed.server.exec(
      "create table a(id int primary key); insert into a values (1), (2), (3); "
      "create table b(id int primary key); "
      "create table c(id int primary key); insert into c values (1); "
      "create table d(id int primary key); insert into d values (1), (2)");
  bed.run([&](async::self me, replication_stream& stream, mirror& into) -> async::awaitable<> {
    bed.with.connections = 1;
    co_await bed.attempt(me, stream, into, {});
    CHECK(into.read == lines{"a 1 first", "a 2 true", "a 3 last_in_data_collection",
                             "d 1 first_in_data_collection", "c 1 last_in_data_collection", "d 2 last"});
  });
}

TEST_CASE("a session that may not read a table is told the statements that let it") {
  snapshot_bed bed;
  bed.server.exec(
      "create schema s; create table s.\"T\"(id int primary key); create table o(id int primary key); "
      "create role reader login replication; create publication weir for all tables");
  bed.run([&](async::self me, replication_stream& stream, mirror& into) -> async::awaitable<> {
    bed.with.server = bed.to("user=reader");
    std::string said;
    try {
      co_await bed.attempt(me, stream, into, {});
    } catch (const failure& why) {
      said = why.what();
      CHECK(why.decision() == verdict::permanent);
      CHECK(why.reason() == "permission");
    }
    CHECK_THAT(said, ContainsSubstring("GRANT SELECT ON"));
    CHECK_THAT(said, ContainsSubstring("\"s\".\"T\""));
    bed.server.exec("grant usage on schema s to reader; grant select on s.\"T\", o to reader");
    co_await bed.attempt(me, stream, into, {});
  });
}

TEST_CASE("an attempt ends when the session that guards the tables is lost") {
  snapshot_bed bed;
  fill(bed, "t", 3000);
  bed.run([&](async::self me, replication_stream& stream, mirror& into) -> async::awaitable<> {
    // Not before a range was read: the readers need the session only to begin. It is known by its last
    // statement.
    bed.on_range = [&] {
      bed.server.exec(
          "select pg_terminate_backend(pid) from pg_stat_activity "
          "where query like '%pg_relation_filenode%' and pid <> pg_backend_pid()");
    };
    bool is_void = false;
    try {
      co_await bed.attempt(me, stream, into, {});
    } catch (const failure& why) {
      is_void = true;
      CHECK(why.decision() == verdict::retry);
    }
    CHECK(is_void);
    bed.on_range = nullptr;
    co_await bed.attempt(me, stream, into, {});
    CHECK(into.rows("t") == bed.rows("t"));
  });
}

TEST_CASE("a stream is held before the first transaction behind the position, and loses none") {
  snapshot_bed bed;
  bed.server.exec("create table t(id int primary key)");
  bed.run([&](async::self me, replication_stream& stream, mirror& into) -> async::awaitable<> {
    bed.server.exec("insert into t values (1)");
    const auto at = lsn::parse(bed.server.value("select pg_current_wal_insert_lsn()")).value();
    bed.server.exec("insert into t values (2); insert into t values (3)");
    stream.hold_at(at);
    co_await stream.held(me);
    CHECK(stream.status().is_held);
    CHECK(into.newest_change < at);
    CHECK(into.has("t", "1"));
    CHECK_FALSE(into.has("t", "2"));
    stream.release();
    co_await bed.catch_up(into);
    CHECK(into.rows("t") == lines{"1", "2", "3"});
    CHECK_FALSE(stream.status().is_held);
    // An idle server says that there is nothing before the position.
    const auto later = lsn::parse(bed.server.value("select pg_current_wal_insert_lsn()")).value();
    stream.hold_at(later);
    co_await stream.held(me);
    bed.server.exec("insert into t values (4)");
    stream.release();
    co_await into.until([&] { return into.has("t", "4"); });
  });
}
