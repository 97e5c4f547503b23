#include "stream_bed.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <fmt/format.h>

#include <postgres/connection.hpp>
#include <postgres/server_error.hpp>
#include <postgres/system.hpp>
#include <support/free_port.hpp>
#include <support/tcp_proxy.hpp>

using namespace weir;
using namespace weir::postgres;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The failure of opening a session with `conninfo`; none when it opened.
std::optional<failure> failure_of(stream_bed& bed, const std::string& conninfo,
                                  session kind = session::ordinary,
                                  std::chrono::milliseconds timeout = std::chrono::seconds{10}) {
  std::optional<failure> why;
  bed.with_pool([&](async::self me, async::blocking_pool& pool) -> async::awaitable<> {
    try {
      co_await connection::open(me, pool, {.conninfo = [&] { return conninfo; }, .attempt_timeout = timeout},
                                kind);
    } catch (const failure& raised) {
      why = raised;
    }
  });
  if (why) UNSCOPED_INFO(why->what());
  return why;
}

void check_failure(const std::optional<failure>& why, verdict decision, const std::string& reason) {
  REQUIRE(why);
  CHECK(why->reason() == reason);
  CHECK(why->decision() == decision);
}

std::string at(const stream_bed& bed, const std::string& user, const std::string& more = "") {
  return fmt::format("host=127.0.0.1 port={} dbname=postgres user={} {}", bed.server.port(), user, more);
}

}  // namespace

TEST_CASE("a wrong password is an operator's work and is not printed") {
  stream_bed bed;
  bed.server.exec("create role reader login replication password 'opensesame'");
  bed.server.allow("host all,replication reader 127.0.0.1/32 scram-sha-256\n");
  CHECK_FALSE(failure_of(bed, at(bed, "reader", "password=opensesame")));
  CHECK_FALSE(failure_of(bed, at(bed, "reader", "password=opensesame"), session::replication));
  const auto why = failure_of(bed, at(bed, "reader", "password=tiny-secret"));
  check_failure(why, verdict::permanent, "authentication");
  CHECK_THAT(why->what(),
             !ContainsSubstring("tiny-secret") && ContainsSubstring("password authentication failed"));
  check_failure(failure_of(bed, at(bed, "reader", "passfile=/nonexistent")), verdict::permanent,
                "authentication");
  check_failure(failure_of(bed, at(bed, "nobody_at_all")), verdict::permanent, "authentication");
}

TEST_CASE("a missing database, a missing right and a broken connection string are told apart") {
  stream_bed bed;
  bed.server.exec("create role plain login");
  check_failure(failure_of(bed, at(bed, "postgres") + " dbname=absent"), verdict::permanent, "no_database");
  check_failure(failure_of(bed, at(bed, "plain"), session::replication), verdict::permanent, "permission");
  const auto why = failure_of(bed, "host=127.0.0.1 password tiny-secret");
  check_failure(why, verdict::permanent, "configuration");
  CHECK_THAT(why->what(), !ContainsSubstring("tiny-secret"));
  check_failure(failure_of(bed, at(bed, "postgres", "sslmode=require")), verdict::retry, "tls");
}

TEST_CASE("a server that is not there, does not answer or is full can come back") {
  stream_bed bed{
      {.settings = {"max_connections = 5", "superuser_reserved_connections = 0", "max_wal_senders = 2"}}};
  check_failure(failure_of(bed, fmt::format("host=127.0.0.1 port={}", support::free_port())), verdict::retry,
                "unreachable");
  check_failure(failure_of(bed, "host=no-such-host.invalid"), verdict::retry, "unreachable");
  support::tcp_proxy proxy{bed.server.port()};
  proxy.freeze();
  check_failure(failure_of(bed, bed.server.conninfo("postgres", proxy.port()), session::ordinary,
                           std::chrono::milliseconds{300}),
                verdict::retry, "unreachable");
  std::vector<support::postgres_session> taken;
  try {
    for (int i = 0; i < 10; ++i) taken.push_back(bed.server.connect());
  } catch (const support::sql_error&) {
  }
  check_failure(failure_of(bed, bed.server.conninfo()), verdict::retry, "too_many_connections");
}

TEST_CASE("B9 the primary is found among several hosts, by name and by address") {
  stream_bed bed;
  const auto list =
      fmt::format("host=127.0.0.1,localhost,no-such-host.invalid port={},{},1 user=postgres dbname=postgres",
                  support::free_port(), bed.server.port());
  CHECK_FALSE(failure_of(bed, list));
  bed.server.exec("create role careful login; alter role careful set default_transaction_read_only = on");
  CHECK_FALSE(failure_of(bed, at(bed, "careful")));
  bed.server.stop();
  support::write_text(bed.server.data() / "standby.signal", "");
  bed.server.start();
  check_failure(failure_of(bed, at(bed, "postgres")), verdict::retry, "no_suitable_host");
  CHECK_FALSE(failure_of(bed, at(bed, "postgres", "target_session_attrs=standby")));
  CHECK_FALSE(failure_of(bed, at(bed, "postgres", "target_session_attrs=prefer-standby")));
}

TEST_CASE("a statement that fails names itself, and the session goes on") {
  stream_bed bed;
  bed.with_pool([&](async::self me, async::blocking_pool& pool) -> async::awaitable<> {
    const auto session = co_await connection::open(me, pool, bed.to(), session::ordinary);
    std::string code;
    try {
      co_await session->query(me, "select * from absent");
    } catch (const server_error& why) {
      code = why.sqlstate();
      CHECK_THAT(why.what(), ContainsSubstring("`select * from absent`"));
    }
    CHECK(code == "42P01");
    const auto answer = co_await session->query(me, "select 1 as one, null as none, 'ü' as text");
    CHECK(answer.text(0, "one") == "1");
    CHECK_FALSE(answer.at(0, "none"));
    CHECK(answer.text(0, "text") == "ü");
    std::string reason;
    try {
      co_await session->query(me, "select pg_sleep(20)", std::chrono::milliseconds{100});
    } catch (const failure& why) {
      reason = why.reason();
    }
    CHECK(reason == "silent");
  });
}

TEST_CASE("B8 the status interval comes from the replication session's own setting") {
  stream_bed bed;
  bed.server.exec(
      "create role reader login replication superuser; alter role reader set wal_sender_timeout = '7s'");
  bed.with_pool([&](async::self me, async::blocking_pool& pool) -> async::awaitable<> {
    const endpoint to{.conninfo = [&] { return at(bed, "reader"); }};
    const auto session = co_await connection::open(me, pool, to, session::replication);
    CHECK((co_await read_sender_timeout(me, *session)) == std::chrono::seconds{7});
  });
}

TEST_CASE("B12 sessions of both kinds are pinned, whatever role and database set") {
  struct setting {
    const char* name;
    const char* odd;
    const char* pinned;
  };
  constexpr setting all[] = {{"datestyle", "'SQL, DMY'", "ISO, MDY"},
                             {"intervalstyle", "iso_8601", "postgres"},
                             {"extra_float_digits", "-15", "3"},
                             {"bytea_output", "escape", "hex"},
                             {"timezone", "'Pacific/Pago_Pago'", "UTC"},
                             {"lc_monetary", "'C.UTF-8'", "C"},
                             {"client_encoding", "latin1", "UTF8"},
                             {"search_path", "public", ""},
                             {"statement_timeout", "50", "0"},
                             {"lock_timeout", "50", "0"},
                             {"idle_in_transaction_session_timeout", "50", "0"},
                             {"idle_session_timeout", "50", "0"},
                             {"default_transaction_read_only", "on", "off"}};
  stream_bed bed;
  bed.server.exec("create role odd login superuser replication");
  for (const auto& each : all) {
    bed.server.exec(fmt::format("alter role odd set {} = {}", each.name, each.odd));
  }
  bed.with_pool([&](async::self me, async::blocking_pool& pool) -> async::awaitable<> {
    for (const auto kind : {session::ordinary, session::replication}) {
      const auto on = co_await connection::open(me, pool, {.conninfo = [&] { return at(bed, "odd"); }}, kind);
      for (const auto& each : all) {
        INFO(each.name);
        CHECK(co_await read_setting(me, *on, each.name) == each.pinned);
      }
    }
  });
}
