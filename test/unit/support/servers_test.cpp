#include <support/bed.hpp>
#include <support/eventually.hpp>
#include <support/kafka_client.hpp>
#include <support/kafka_server.hpp>
#include <support/postgres_server.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace weir::support;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

TEST_CASE(
    "every PostgreSQL of the test bed starts, decodes logically and keeps its rows over restart and kill") {
  const auto versions = postgres_versions();
  for (const int version : versions) {
    INFO("PostgreSQL " << version);
    postgres_server server{{.version = version}};
    CHECK(server.value("show wal_level") == "logical");
    CHECK(std::stoi(server.value("show server_version_num")) / 10000 == version);
    server.exec("create table t(id int primary key); insert into t values (1), (2)");
    CHECK(server.query("select id, null from t order by id") == sql_rows{{"1", sql_null}, {"2", sql_null}});
    server.restart(postgres_stop::immediate);
    CHECK(server.value("select count(*) from t") == "2");
    server.kill();
    CHECK_FALSE(server.is_running());
    server.start();
    CHECK(server.value("select count(*) from t") == "2");
    server.allow("host all nosuch 127.0.0.1/32 reject");
    CHECK(server.log().find("reject") == std::string::npos);
    server.stop();
  }
}

TEST_CASE("a PostgreSQL that cannot start fails the test with its log") {
  CHECK_THROWS_MATCHES(postgres_server({.settings = {"wal_level = sometimes"}}), std::runtime_error,
                       MessageMatches(ContainsSubstring("invalid value for parameter \"wal_level\"")));
}

TEST_CASE("a real Kafka keeps what it acknowledged over kill and restart on the same port") {
  kafka_server server;
  {
    kafka_client client{server.brokers()};
    client.create_topic("a.one", 3, {{"max.message.bytes", "20000"}});
    client.create_topic("a.two");
    CHECK(client.topic_settings("a.one").at("max.message.bytes") == "20000");
    client.alter_topic("a.one", {{"max.message.bytes", "30000"}});
    CHECK(client.topic_settings("a.one").at("max.message.bytes") == "30000");
    client.produce("a.one", "k", "v", {{"name", "first"}, {"name", "last"}});
    client.produce("a.two", std::nullopt, std::nullopt);
    CHECK(client.topics("a.") == std::map<std::string, int>{{"a.one", 3}, {"a.two", 1}});
    CHECK(client.count("a.") == 2);
  }
  server.kill();
  server.start();
  kafka_client client{server.brokers()};
  const auto records = client.read_prefix("a.");
  REQUIRE(records.size() == 2);
  const auto& one = records[0].topic == "a.one" ? records[0] : records[1];
  const auto& two = records[0].topic == "a.one" ? records[1] : records[0];
  CHECK(one.key == "k");
  CHECK(one.value == "v");
  CHECK(one.header("name") == "last");
  CHECK_FALSE(two.key);
  CHECK_FALSE(two.value);
  CHECK_FALSE(two.header("name"));
  client.delete_topic("a.two");
  CHECK(client.topics("a.").size() == 1);
  server.stop();
}
