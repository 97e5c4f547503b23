#include "bed.hpp"

#include <support/free_port.hpp>

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace std::chrono_literals;

namespace {

using variables = support::weir_process::variables;

/// What `weir check` prints, and how it ends.
struct checked {
  int code = -1;
  std::string output;
};

checked check(const variables& environment) {
  support::weir_process weir{environment, {"check"}};
  const auto end = weir.wait(40s);
  return {end.code, weir.output() + weir.log()};
}

void shows(const checked& found, const std::string& text) {
  INFO(found.output);
  CHECK(found.output.find(text) != std::string::npos);
}

/// Short enough that a permanent failure ends the process inside a test.
variables impatient(variables more = {}) {
  more.insert({{"WEIR_PERMANENT_GRACE", "300ms"}, {"WEIR_RETRY_MIN", "50ms"}, {"WEIR_RETRY_MAX", "200ms"}});
  return more;
}

/// /ready is red and its reason holds `text`.
void waits_saying(support::weir_process& weir, const std::string& text) {
  weir.wait_for("/ready to say: " + text, [&] {
    const auto answer = weir.get("/ready");
    return answer.status == 503 && answer.body.find(text) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("a good bed passes weir check, which makes nothing") {
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  const auto found = check(bed.environment());
  INFO(found.output);
  CHECK(found.code == 0);
  CHECK(bed.postgres.value("select count(*) from pg_replication_slots") == "0");
  CHECK(bed.postgres.value("select count(*) from pg_publication") == "0");
  CHECK(bed.kafka.topics(bed.prefix).empty());
}

TEST_CASE("a wrong password ends the first stream with code 2 and is told apart by check") {
  app_test::bed bed;
  bed.postgres.exec("create role weir login replication password 'right'");
  bed.postgres.allow("host all weir 127.0.0.1/32 scram-sha-256");
  const auto environment = bed.environment(impatient({{"PGUSER", "weir"}, {"PGPASSWORD", "wrong-secret"}}));
  const auto found = check(environment);
  CHECK(found.code == 1);
  shows(found, "password authentication failed");
  CHECK(found.output.find("wrong-secret") == std::string::npos);

  support::weir_process weir{environment};
  waits_saying(weir, "password authentication failed");
  CHECK(weir.wait().code == 2);
  CHECK(weir.log().find("wrong-secret") == std::string::npos);
}

TEST_CASE("a role that may not replicate, and a database that does not exist, end with code 2") {
  app_test::bed bed;
  bed.postgres.exec("create role plain login");
  const auto plain = bed.environment(impatient({{"PGUSER", "plain"}}));
  shows(check(plain), "replication");
  support::weir_process without_permission{plain};
  CHECK(without_permission.wait().code == 2);

  const auto nowhere = bed.environment(impatient({{"PGDATABASE", "nowhere"}}));
  shows(check(nowhere), "nowhere");
  support::weir_process without_database{nowhere};
  CHECK(without_database.wait().code == 2);
}

TEST_CASE("wal_level=replica ends with code 2 and says what to set") {
  app_test::bed bed{{.settings = {"wal_level = replica"}}};
  const auto environment = bed.environment(impatient());
  shows(check(environment), "wal_level");
  support::weir_process weir{environment};
  CHECK(weir.wait().code == 2);
  CHECK(weir.log().find("wal_level") != std::string::npos);
}

TEST_CASE("a slot in use is waited for, never taken away") {
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  support::weir_process first{bed.environment()};
  first.wait_until_ready();
  const auto environment = bed.environment(impatient());
  support::weir_process second{environment};
  waits_saying(second, "in use");
  CHECK(first.get("/ready").status == 200);
  CHECK(first.stop().code == 0);
  second.wait_until_ready();
  CHECK(second.stop().code == 0);
}

TEST_CASE("an unknown table and a table without a replica identity are named, and nothing is made") {
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key); create table keyless(n int)");
  const auto unknown = bed.environment(impatient({{"WEIR_TABLES", "public.t,public.orders"}}));
  shows(check(unknown), "public.orders");
  support::weir_process with_unknown{unknown};
  CHECK(with_unknown.wait().code == 2);
  CHECK(with_unknown.log().find("public.orders") != std::string::npos);

  const auto all = bed.environment(impatient());
  shows(check(all), "public.keyless");
  support::weir_process with_keyless{all};
  CHECK(with_keyless.wait().code == 2);
  CHECK(bed.postgres.value("select count(*) from pg_publication") == "0");
  CHECK(bed.postgres.value("select count(*) from pg_replication_slots") == "0");
}

TEST_CASE("a broker that cannot be reached is waited for, with the reason") {
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  const auto environment = bed.environment(impatient({{"WEIR_BROKERS", "127.0.0.1:1"}}));
  const auto found = check(environment);
  CHECK(found.code == 1);
  shows(found, "brokers");
  support::weir_process weir{environment};
  waits_saying(weir, "down");
  CHECK(weir.is_running());
  CHECK(weir.get("/health").status == 200);
  CHECK(weir.stop().code == 0);
}

TEST_CASE("a broker that wants a login is waited for, with the reason") {
  const auto address = fmt::format("127.0.0.1:{}", support::free_port());
  support::kafka_server broker{
      {.properties =
           {"listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT",
            "sasl.enabled.mechanisms=PLAIN",
            "listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain."
            "PlainLoginModule required user_admin=\"admin\";"},
       .extra_listener = "SASL://" + address}};
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  const auto environment = bed.environment(impatient({{"WEIR_BROKERS", address},
                                                      {"WEIR_KAFKA_SECURITY_PROTOCOL", "sasl_plaintext"},
                                                      {"WEIR_KAFKA_SASL_MECHANISM", "PLAIN"},
                                                      {"WEIR_KAFKA_SASL_USERNAME", "admin"},
                                                      {"WEIR_KAFKA_SASL_PASSWORD", "not-the-password"}}));
  const auto found = check(environment);
  CHECK(found.code == 1);
  shows(found, "uthentication");
  support::weir_process weir{environment};
  waits_saying(weir, "uthentication");
  CHECK(weir.log().find("not-the-password") == std::string::npos);
  CHECK(weir.stop().code == 0);
}

TEST_CASE("002-14 a broken configuration connects to nothing and ends with code 2") {
  support::weir_process weir{{{"WEIR_MEMORY", "10"}, {"WEIR_SLTO", "x"}, {"WEIR_BROKERS", "127.0.0.1:1"}}};
  CHECK(weir.wait().code == 2);
  CHECK(weir.log().find("WEIR_MEMORY") != std::string::npos);
  CHECK(weir.log().find("did you mean WEIR_SLOT?") != std::string::npos);
}
