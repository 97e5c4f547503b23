#include "running.hpp"

#include <support/certificates.hpp>
#include <support/tcp_proxy.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>

#include <filesystem>

using namespace weir;
using namespace std::chrono_literals;

namespace {

using support::tcp_proxy;

constexpr int forced = 3;

}  // namespace

TEST_CASE("bytes that are corrupted on the way from the server: TLS notices, and all of it comes again") {
  support::certificate_authority ours;
  const auto certificate = ours.issue("IP:127.0.0.1");
  fault::bed bed{support::postgres_options{
      .settings = {"ssl = on", fmt::format("ssl_cert_file = '{}'", certificate.chain.string()),
                   fmt::format("ssl_key_file = '{}'", certificate.key.string())}}};
  tcp_proxy proxy{bed.postgres.port()};
  fault::running now{bed, bed.postgres_through(proxy.port(), {{"PGSSLMODE", "require"}})};
  const auto run = now.weir.metric("weir_run").value_or(0);
  now.load.start(1500, 1ms);
  constexpr int times = 5;
  for (int n = 0; n < times; ++n) {
    proxy.corrupt(1, tcp_proxy::way::down);
    now.weir.wait_for("a byte to turn", [&] { return proxy.corruptions_left() == 0; });
    now.weir.wait_until_ready();
  }
  now.load.finish();
  CHECK(now.weir.metric("weir_run").value_or(0) > run);
  now.check_recovery();
}

TEST_CASE("a slow way from the server: wal_sender_timeout does not fire, the run goes on") {
  fault::bed bed{support::postgres_options{.settings = {"wal_sender_timeout = 4s"}}};
  tcp_proxy proxy{bed.postgres.port()};
  fault::running now{bed, bed.postgres_through(proxy.port())};
  const auto run = now.weir.metric("weir_run");
  constexpr std::uint64_t bytes_per_second = 100'000;
  proxy.slow(bytes_per_second);
  // Several times the timeout.
  bed.postgres.exec(
      "insert into journal select nextval('journal_number'), repeat('x', 400) from generate_series(1, 2500)");
  bed.drain(now.weir);
  CHECK(now.weir.metric("weir_run") == run);
  proxy.slow(0);
  now.check_recovery();
}

TEST_CASE("000-5 a name server that never answers: /ready says so, the loop goes on, a stop is in time") {
  fault::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  support::temporary_directory directory{"weir-names"};
  const auto hangs = directory / "hangs";
  support::write_text(hangs, "");
  auto environment = bed.environment(support::hanging_names(hangs));
  environment["WEIR_CONNECT_TIMEOUT"] = "300ms";
  environment["WEIR_STOP_TIMEOUT"] = "3s";
  const auto port_of_brokers = bed.brokers.substr(bed.brokers.rfind(':'));
  SECTION("for PostgreSQL; when it answers, all goes on") {
    environment["PGHOST"] = "database.hang";
    support::weir_process weir{environment};
    weir.wait_for("/ready to say why",
                  [&] { return weir.get("/ready").body.find("database.hang") != std::string::npos; });
    CHECK(weir.get("/health").status == 200);
    std::filesystem::remove(hangs);
    weir.wait_until_ready();
    bed.postgres.exec("insert into t values (1)");
    bed.drain(weir);
    CHECK(weir.stop().code == 0);
    bed.check_delivery({"public.t"});
  }
  SECTION("for PostgreSQL, and a stop") {
    environment["PGHOST"] = "database.hang";
    support::weir_process weir{environment};
    weir.wait_for("/ready to say why",
                  [&] { return weir.get("/ready").body.find("database.hang") != std::string::npos; });
    const auto end = weir.stop();
    INFO(weir.log());
    // What hangs cannot be called back: the deadline ends it, and says who was late.
    CHECK(end.code == forced);
    CHECK(end.took < 3s + fault::generous(2s));
    CHECK(weir.log().find("late: task") != std::string::npos);
  }
  SECTION("for Kafka, and a stop") {
    environment["WEIR_BROKERS"] = "broker.hang" + port_of_brokers;
    support::weir_process weir{environment};
    weir.wait_for("/ready to answer", [&] { return weir.get("/ready").status == 503; });
    CHECK(weir.get("/health").status == 200);
    const auto end = weir.stop();
    INFO(weir.log());
    // What hangs cannot be called back: the deadline ends it, and says who was late.
    CHECK(end.code == forced);
    CHECK(end.took < 3s + fault::generous(2s));
    CHECK(weir.log().find("late: task") != std::string::npos);
  }
}
