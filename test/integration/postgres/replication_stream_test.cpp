#include "stream_bed.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <support/bed.hpp>
#include <support/tcp_proxy.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

using namespace weir;
using namespace weir::postgres;
using Catch::Matchers::ContainsSubstring;
using rows = std::vector<std::string>;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr const char* some_table = "create table t(id int primary key, name text)";

async::awaitable<> let_pass(stream_bed& bed, milliseconds time) {
  boost::asio::steady_timer timer{bed.loop.executor(), time};
  co_await timer.async_wait(boost::asio::use_awaitable);
}

/// The failure that ended a stream whose test waits for more rows than come.
std::optional<failure> failure_of_stream(stream_bed& bed, const stream_settings& with,
                                         const std::function<void()>& act) {
  try {
    bed.stream(with, std::nullopt,
               [&](async::self, replication_stream&, recording_intake& seen) -> async::awaitable<> {
                 bed.server.exec("insert into t values (0, 'up and running')");
                 co_await seen.until_rows(1);
                 act();
                 co_await seen.until([] { return false; });
               });
  } catch (const failure& why) {
    UNSCOPED_INFO(why.what());
    return why;
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("a stream makes its publication and slot and delivers what happens after") {
  for (const int version : support::postgres_versions()) {
    INFO("PostgreSQL " << version);
    stream_bed bed{{.version = version}};
    bed.server.exec("create table t(id int primary key, name text); insert into t values (0, 'before')");
    const auto end = bed.stream(
        bed.settings(), std::nullopt,
        [&](async::self, replication_stream&, recording_intake& seen) -> async::awaitable<> {
          bed.server.exec("insert into t values (1, 'one'), (2, null)");
          bed.server.exec("update t set name = 'uno' where id = 1");
          bed.server.exec("update t set id = 3 where id = 2; delete from t where id = 3");
          bed.server.exec("select pg_logical_emit_message(true, 'p', 'said')");
          co_await seen.until_rows(6);
          CHECK(seen.rows == rows{"c public.t () (1, one)", "c public.t () (2, -)", "u public.t () (1, uno)",
                                  "u public.t (2, -) (3, -)", "d public.t (3, -) ()", "m p said"});
          CHECK(seen.keys.front() == "id");
        });
    CHECK(end.at.is_set());
    CHECK(bed.server.value("select count(*) from pg_publication where not pubtruncate and puballtables") ==
          "1");
  }
}

TEST_CASE("B2 the slot follows what is stored, and never passes it") {
  stream_bed bed;
  bed.server.exec(some_table);
  lsn first;
  const auto stored =
      bed.stream(bed.settings(), std::nullopt,
                 [&](async::self, replication_stream& stream, recording_intake& seen) -> async::awaitable<> {
                   bed.server.exec("insert into t values (1, 'stored')");
                   co_await seen.until_rows(1);
                   co_await seen.until([&] { return !seen.commits.empty(); });
                   first = seen.commits.front();
                   bed.server.exec("insert into t values (2, 'only received')");
                   co_await seen.until([&] { return seen.commits.size() == 2; });
                   stream.confirm(first);
                   co_await bed.until([&] { return bed.slot_position() == to_string(first); });
                   stream.confirm(lsn{first.value() - 1});
                   CHECK(stream.status().confirmed == first);
                 });
  CHECK(stored.at == first);
  CHECK(bed.slot_position() == to_string(first));
  bed.stream(bed.settings(), stored,
             [](async::self, replication_stream&, recording_intake& seen) -> async::awaitable<> {
               co_await seen.until_rows(1);
               CHECK(seen.rows == rows{"c public.t () (2, only received)"});
             });
}

TEST_CASE("B13 what is stored is told to the server at once, not by the next timer") {
  // While idle the server is asked every second, and a status would go out with that.
  constexpr std::size_t times = 4;
  constexpr auto sooner_than_by_timer = times * milliseconds{700};
  stream_bed bed;
  bed.server.exec(some_table);
  bed.stream(bed.settings(), std::nullopt,
             [&](async::self, replication_stream& stream, recording_intake& seen) -> async::awaitable<> {
               steady_clock::duration waited{};
               for (std::size_t n = 1; n <= times; ++n) {
                 bed.server.exec(fmt::format("insert into t values ({}, 'a')", n));
                 co_await seen.until([&] { return seen.commits.size() == n; });
                 const auto began = steady_clock::now();
                 stream.confirm(seen.commits.back());
                 co_await bed.until([&] { return bed.slot_position() == to_string(seen.commits.back()); });
                 waited += steady_clock::now() - began;
               }
               CHECK(waited < sooner_than_by_timer);
             });
}

TEST_CASE("B13 while idle the server is asked every second") {
  constexpr int answers = 3;
  stream_bed bed;
  bed.server.exec(some_table);
  bed.stream(bed.settings(), std::nullopt,
             [&](async::self, replication_stream& stream, recording_intake&) -> async::awaitable<> {
               const auto began = steady_clock::now();
               for (int n = 0; n < answers; ++n) {
                 const auto last = stream.status().last_message;
                 co_await bed.until([&] { return stream.status().last_message > last; });
               }
               CHECK(steady_clock::now() - began < answers * seconds{3});
             });
}

TEST_CASE("B7 an idle database lets the slot follow another one's writes") {
  stream_bed bed;
  bed.server.exec("create database busy");
  bed.server.exec(some_table);
  auto busy = bed.server.connect("busy");
  busy.exec("create table noise(a int)");
  bed.stream(bed.settings(), std::nullopt,
             [&](async::self, replication_stream& stream, recording_intake& seen) -> async::awaitable<> {
               busy.exec("insert into noise select generate_series(1, 10000)");
               const auto wanted = lsn::parse(bed.server.value("select pg_current_wal_flush_lsn()"));
               co_await seen.until([&] { return seen.end >= *wanted; });
               stream.confirm(seen.end);
               co_await bed.until([&] { return *lsn::parse(bed.slot_position()) >= *wanted; });
               CHECK(seen.rows.empty());
             });
}

TEST_CASE("B12 what a role or a database sets changes no value") {
  stream_bed bed;
  bed.server.exec(
      "create table v(id int primary key, f float8, r real, t timestamptz, d date, i interval, b bytea, m "
      "money);"
      "create role odd login superuser replication");
  for (const auto* setting :
       {"datestyle = 'SQL, DMY'", "intervalstyle = 'iso_8601'", "extra_float_digits = -15",
        "bytea_output = 'escape'", "timezone = 'Pacific/Pago_Pago'", "lc_monetary = 'C.UTF-8'",
        "client_encoding = 'LATIN1'", "search_path = 'public'", "statement_timeout = '50ms'"}) {
    bed.server.exec(fmt::format("alter role odd set {}", setting));
    bed.server.exec(fmt::format("alter database postgres set {}", setting));
  }
  auto with = bed.settings();
  with.server.conninfo = [&bed] {
    return fmt::format("host=127.0.0.1 port={} user=odd dbname=postgres", bed.server.port());
  };
  bed.stream(
      with, std::nullopt, [&](async::self, replication_stream&, recording_intake& seen) -> async::awaitable<> {
        bed.server.connect().exec(
            "set datestyle = 'ISO'; set timezone = 'UTC';"
            "insert into v values (1, 0.30000000000000004, 0.1, '2024-05-06 07:08:09.123456+00', "
            "'2024-05-06', interval '1 day 2 hours', '\\x00ff41', 12.5)");
        co_await seen.until_rows(1);
        CHECK(seen.rows ==
              rows{"c public.v () (1, 0.30000000000000004, 0.1, 2024-05-06 07:08:09.123456+00, 2024-05-06, "
                   "1 day 02:00:00, \\x00ff41, $12.50)"});
      });
}

TEST_CASE("002-6 wal_sender_timeout never fires while the budget is empty") {
  // Statements block this loop, too: the server must not lose patience with those.
  stream_bed bed{{.settings = {"wal_sender_timeout = 3s"}}};
  bed.server.exec(some_table);
  bed.stalls = true;
  bed.stream(bed.settings(), std::nullopt,
             [&](async::self, replication_stream& stream, recording_intake& seen) -> async::awaitable<> {
               bed.server.exec("insert into t select n, repeat('x', 1000) from generate_series(1, 20000) n");
               co_await seen.until_rows(1);
               co_await bed.until([&] { return stream.status().waits_for_room; });
               const auto walsender = bed.server.value("select pid from pg_stat_replication");
               co_await let_pass(bed, milliseconds{7500});
               CHECK(bed.server.value("select pid from pg_stat_replication") == walsender);
               CHECK(seen.rows.size() == 1);
             });
}

TEST_CASE("a server that falls silent is left after wal_sender_timeout") {
  stream_bed bed{{.settings = {"wal_sender_timeout = 1s"}}};
  bed.server.exec(some_table);
  support::tcp_proxy proxy{bed.server.port()};
  auto with = bed.settings();
  with.server.conninfo = [&] { return bed.server.conninfo("postgres", proxy.port()); };
  const auto why = failure_of_stream(bed, with, [&] { proxy.freeze(); });
  REQUIRE(why);
  CHECK(why->reason() == "silent");
  CHECK(why->decision() == verdict::retry);
}

TEST_CASE("a connection that breaks can be made again") {
  stream_bed bed;
  bed.server.exec(some_table);
  support::tcp_proxy proxy{bed.server.port()};
  auto with = bed.settings();
  with.server.conninfo = [&] { return bed.server.conninfo("postgres", proxy.port()); };
  const auto cut = failure_of_stream(bed, with, [&] { proxy.cut(); });
  REQUIRE(cut);
  CHECK(cut->decision() == verdict::retry);
  CHECK(cut->reason() == "connection_lost");

  bed.server.exec("truncate t");
  auto another = bed.settings();
  another.slot = "another";
  const auto ended = failure_of_stream(bed, another, [&] {
    bed.server.exec(
        "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = 'another'");
  });
  REQUIRE(ended);
  CHECK(ended->decision() == verdict::retry);
  CHECK(ended->reason() == "server_stopping");
}

TEST_CASE("a row above WEIR_MAX_ROW stops the stream with its table") {
  stream_bed bed;
  bed.server.exec(some_table);
  auto with = bed.settings();
  with.max_row = 1000;
  const auto why =
      failure_of_stream(bed, with, [&] { bed.server.exec("insert into t values (1, repeat('x', 2000))"); });
  REQUIRE(why);
  CHECK(why->reason() == "row_too_large");
  CHECK(why->decision() == verdict::permanent);
  CHECK_THAT(why->what(), ContainsSubstring("public.t") && ContainsSubstring("/"));
}

TEST_CASE("a table is looked up once for each of its definitions") {
  stream_bed bed;
  bed.server.exec(
      "create domain price as numeric(10, 2); create domain fine_price as price;"
      "create table k(b int, p fine_price, a text, primary key (a, b)); alter table k replica identity full");
  bed.stream(bed.settings(), std::nullopt,
             [&](async::self, replication_stream&, recording_intake& seen) -> async::awaitable<> {
               bed.server.exec("insert into k values (1, 2.5, 'x'); insert into k values (2, 3, 'y')");
               co_await seen.until_rows(2);
               bed.server.exec("alter table k add c int; insert into k values (3, 4, 'z', 5)");
               co_await seen.until_rows(3);
               CHECK(seen.rows.back() == "c public.k () (3, 4.00, z, 5)");
               CHECK(seen.keys == rows{"a,b", "a,b", "a,b"});
               CHECK(seen.relation_versions[0] == seen.relation_versions[1]);
               CHECK(seen.relation_versions[1] < seen.relation_versions[2]);
             });
}

TEST_CASE("a primary key that is replaced counts from then on, whatever the replica identity flags") {
  stream_bed bed;
  bed.server.exec(
      "create table f(id int primary key, code int unique not null); alter table f replica identity full;"
      "create table i(id int not null, code int not null, primary key (id)); create unique index pair on i(id, "
      "code);"
      "alter table i replica identity using index pair");
  bed.stream(bed.settings(), std::nullopt,
             [&](async::self, replication_stream&, recording_intake& seen) -> async::awaitable<> {
               bed.server.exec("insert into f values (1, 10); insert into i values (1, 10)");
               co_await seen.until_rows(2);
               bed.server.exec("alter table f drop constraint f_pkey; alter table f add primary key (code)");
               bed.server.exec("alter table i drop constraint i_pkey; alter table i add primary key (code)");
               bed.server.exec("insert into f values (2, 20); insert into i values (2, 20)");
               co_await seen.until_rows(4);
               CHECK(seen.keys == rows{"id", "id", "code", "code"});
             });
}

TEST_CASE("a catalog session that broke meanwhile is opened anew when a table is announced") {
  stream_bed bed;
  bed.server.exec(some_table);
  bed.stream(bed.settings(), std::nullopt,
             [&](async::self, replication_stream&, recording_intake& seen) -> async::awaitable<> {
               bed.server.exec("insert into t values (1, 'a')");
               co_await seen.until_rows(1);
               bed.server.exec(
                   "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
                   "where application_name = 'weir' and backend_type = 'client backend'");
               bed.server.exec("create table u(id int primary key); insert into u values (2)");
               co_await seen.until_rows(2);
               CHECK(seen.rows.back() == "c public.u () (2)");
               CHECK(seen.keys.back() == "id");
             });
}

TEST_CASE("000-3 tables that come and go do not stay with the connection") {
  constexpr int tables = 700;
  stream_bed bed;
  bed.server.exec(some_table);
  bed.stream(bed.settings(), std::nullopt,
             [&](async::self, replication_stream& stream, recording_intake& seen) -> async::awaitable<> {
               std::size_t most = 0;
               for (int n = 1; n <= tables; ++n) {
                 bed.server.exec(
                     fmt::format("create table t{0}(id int primary key); insert into t{0} values ({0})", n));
                 co_await seen.until_rows(static_cast<std::size_t>(n));
                 bed.server.exec(fmt::format("drop table t{}", n));
                 most = std::max(most, stream.status().tables);
               }
               INFO("at most " << most << " tables were kept");
               CHECK(most < tables / 2);
               bed.server.exec("insert into t values (1, 'still known')");
               co_await seen.until_rows(tables + 1);
             });
}

TEST_CASE("rows of a table that is gone by now still have their key") {
  stream_bed bed;
  bed.server.exec(some_table);
  auto stored =
      bed.stream(bed.settings(), std::nullopt,
                 [](async::self, replication_stream&, recording_intake&) -> async::awaitable<> { co_return; });
  bed.server.exec("insert into t values (1, 'a'); drop table t");
  bed.stream(bed.settings(), stored,
             [](async::self, replication_stream&, recording_intake& seen) -> async::awaitable<> {
               co_await seen.until_rows(1);
               CHECK(seen.rows == rows{"c public.t () (1, a)"});
               CHECK(seen.keys == rows{"id"});
             });
}

TEST_CASE("a stream that stops reading goes on answering") {
  stream_bed bed{{.settings = {"wal_sender_timeout = 2s"}}};
  bed.server.exec(some_table);
  bed.stream(bed.settings(), std::nullopt,
             [&](async::self, replication_stream& stream, recording_intake& seen) -> async::awaitable<> {
               bed.server.exec("insert into t values (1, 'read')");
               co_await seen.until([&] { return !seen.commits.empty(); });
               stream.stop_reading();
               bed.server.exec("insert into t values (2, 'left for later')");
               stream.confirm(seen.commits.front());
               co_await bed.until([&] { return bed.slot_position() == to_string(seen.commits.front()); });
               co_await let_pass(bed, milliseconds{5000});
               CHECK(bed.server.value("select count(*) from pg_stat_replication") == "1");
               CHECK(seen.rows.size() == 1);
             });
}

TEST_CASE("a stop in the middle of a large transaction is quick, and the transaction comes again whole") {
  stream_bed bed;
  bed.server.exec(some_table);
  steady_time stopped;
  const auto stored = bed.stream(
      bed.settings(), std::nullopt,
      [&](async::self, replication_stream& stream, recording_intake& seen) -> async::awaitable<> {
        bed.server.exec("insert into t select n, repeat('x', 100) from generate_series(1, 200000) n");
        co_await seen.until_rows(10);
        stream.stop_reading();
        stopped = steady_clock::now();
      });
  CHECK(steady_clock::now() - stopped < seconds{8});
  bed.stream(bed.settings(), stored,
             [](async::self, replication_stream&, recording_intake& seen) -> async::awaitable<> {
               co_await seen.until([&] { return seen.commits.size() == 1; });
               CHECK(seen.rows.size() == 200000);
             });
}
