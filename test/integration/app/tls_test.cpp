#include "bed.hpp"

#include <support/certificates.hpp>
#include <support/free_port.hpp>

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>

using namespace weir;

namespace {

using variables = support::weir_process::variables;

/// Rows arrive, and the process ends clean.
void check_that_it_streams(app_test::bed& bed, const variables& environment, support::kafka_client& kafka) {
  support::weir_process weir{environment};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t values (1)");
  weir.wait_for("the row", [&] { return kafka.count(bed.prefix + ".public.") == 1; });
  CHECK(weir.stop().code == 0);
}

/// It never becomes ready, and /ready, the log or both say `text`; `weir check` too.
void check_that_it_refuses(const variables& environment, const std::string& text) {
  support::weir_process check{environment, {"check"}};
  CHECK(check.wait(std::chrono::seconds{40}).code == 1);
  INFO(check.output());
  CHECK(check.output().find(text) != std::string::npos);
  support::weir_process weir{environment};
  weir.wait_for("/ready to say: " + text, [&] {
    const auto answer = weir.get("/ready");
    return answer.status == 503 && answer.body.find(text) != std::string::npos;
  });
  CHECK(weir.stop().code == 0);
}

support::postgres_options with_tls(const support::certificate& of) {
  return {.settings = {"ssl = on", fmt::format("ssl_cert_file = '{}'", of.chain.string()),
                       fmt::format("ssl_key_file = '{}'", of.key.string())}};
}

variables verified(app_test::bed& bed, const support::certificate_authority& by, variables more = {}) {
  more.insert({{"PGHOST", "localhost"},
               {"PGSSLMODE", "verify-full"},
               {"PGSSLROOTCERT", by.root().string()},
               {"WEIR_PERMANENT_GRACE", "60s"}});
  return bed.environment(more);
}

/// A broker whose TLS listener shows `of`.
support::kafka_options broker_with_tls(const support::certificate& of, const std::string& address) {
  const auto store = std::filesystem::path{of.chain}.concat(".store");
  support::write_text(store, support::read_text(of.key) + support::read_text(of.chain));
  return {.properties = {"listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL",
                         "ssl.keystore.type=PEM", "ssl.keystore.location=" + store.string()},
          .extra_listener = "SSL://" + address};
}

}  // namespace

TEST_CASE("PostgreSQL is verified: its authority and its name, on every session") {
  support::certificate_authority ours;
  app_test::bed bed{with_tls(ours.issue("DNS:localhost"))};
  bed.postgres.exec("create table t(id int primary key); create role reader login superuser replication");
  bed.postgres.allow("hostnossl all reader all reject\nhostnossl replication reader all reject");
  SECTION("both are right") {
    check_that_it_streams(bed, verified(bed, ours, {{"PGUSER", "reader"}}), bed.kafka);
    CHECK(bed.postgres.value("select count(*) from pg_replication_slots") == "1");
  }
  SECTION("an authority that nobody trusts") {
    support::certificate_authority another{"another"};
    check_that_it_refuses(verified(bed, another), "certificate verify failed");
  }
  SECTION("another name") {
    check_that_it_refuses(verified(bed, ours, {{"PGHOST", "127.0.0.1"}}), "does not match host name");
  }
}

TEST_CASE("Kafka is verified: its authority and its name") {
  support::certificate_authority ours;
  const auto address = fmt::format("127.0.0.1:{}", support::free_port());
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  const auto environment = [&](const support::certificate_authority& by) {
    return bed.environment({{"WEIR_BROKERS", address},
                            {"WEIR_KAFKA_SECURITY_PROTOCOL", "ssl"},
                            {"WEIR_KAFKA_SSL_CA_LOCATION", by.root().string()}});
  };
  SECTION("both are right") {
    support::kafka_server broker{broker_with_tls(ours.issue("IP:127.0.0.1"), address)};
    support::kafka_client kafka{broker.brokers()};
    check_that_it_streams(bed, environment(ours), kafka);
  }
  SECTION("an authority that nobody trusts") {
    support::kafka_server broker{broker_with_tls(ours.issue("IP:127.0.0.1"), address)};
    support::certificate_authority another{"another"};
    check_that_it_refuses(environment(another), "certificate verify failed");
  }
  SECTION("another name") {
    support::kafka_server broker{broker_with_tls(ours.issue("DNS:broker.example"), address)};
    check_that_it_refuses(environment(ours), "certificate verify failed");
  }
}
