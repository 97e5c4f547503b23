#include <config/config.hpp>

#include <base/failure.hpp>

#include <catch2/catch_test_macros.hpp>

#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace std::chrono_literals;
using weir::config::environment;
using weir::config::load;
using weir::config::sink_kind;
using weir::config::state_kind;

namespace {

/// A file of its own, gone with the test.
class temporary_file {
 public:
  explicit temporary_file(std::string_view content) {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-secret-XXXXXX").string();
    const int number = ::mkstemp(pattern.data());
    REQUIRE(number >= 0);
    ::close(number);
    path_ = pattern;
    write(content);
  }
  ~temporary_file() { std::filesystem::remove(path_); }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;

  void write(std::string_view content) const { std::ofstream{path_, std::ios::trunc} << content; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

weir::config::settings good(environment set) {
  set.emplace("WEIR_BROKERS", "kafka:9092");
  const auto read = load(set);
  CHECK(weir::config::report(read.mistakes).empty());
  return read.settings;
}

}  // namespace

TEST_CASE("brokers alone are a whole configuration, with the defaults of the table") {
  const auto values = good({});
  CHECK(values.brokers == std::vector<std::string>{"kafka:9092"});
  CHECK(values.slot == "weir");
  CHECK(values.publication == "weir");
  CHECK(values.tables.empty());
  CHECK(values.may_create);
  CHECK(values.max_row == 256 * weir::mebibyte);
  CHECK(!values.topic_partitions);
  CHECK(!values.topic_replication);
  CHECK(values.sink == sink_kind::kafka);
  CHECK(values.topic == "weir.{schema}.{table}");
  CHECK(values.dead_letter_topic == "weir.dead-letters");
  CHECK(values.state == state_kind::kafka);
  CHECK(values.state_topic == "weir.state");
  CHECK(values.tombstones);
  CHECK(values.memory == 32 * weir::mebibyte);
  CHECK(values.lane_idle == 60s);
  CHECK(values.stop_timeout == 8s);
  CHECK(values.stall_after == 10s);
  CHECK(values.hang_up_after == 60s);
  CHECK(values.permanent_grace == 60s);
  CHECK(values.connect_timeout == 10s);
  CHECK(values.retry_min == 100ms);
  CHECK(values.retry_max == 30s);
  CHECK(values.http.host == "127.0.0.1");
  CHECK(values.http.port == 8080);
  CHECK(!values.http_token.is_set());
  CHECK(values.http_header_limit == 8 * weir::kibibyte);
  CHECK(values.http_idle_timeout == 60s);
  CHECK(values.http_request_timeout == 10s);
  CHECK(values.http_connections == 256);
  CHECK(values.log_level == weir::log::level::info);
  CHECK(values.log_format == weir::config::log_form::automatic);
}

TEST_CASE("every value reaches its place") {
  const auto values = good({{"WEIR_BROKERS", "a:1, [::1]:2 ,c"},
                            {"WEIR_SLOT", "orders_2"},
                            {"WEIR_TABLES", "public.orders, public.order_*"},
                            {"WEIR_CREATE", "off"},
                            {"WEIR_TOPIC_PARTITIONS", "6"},
                            {"WEIR_TOPIC_REPLICATION", "3"},
                            {"WEIR_TOPIC_PREFIX", "shop"},
                            {"WEIR_TOPIC", "{prefix}_{table}"},
                            {"WEIR_DEAD_LETTER_TOPIC", "{prefix}.lost"},
                            {"WEIR_STATE", "file:/var/lib/weir/state"},
                            {"WEIR_TOMBSTONES", "off"},
                            {"WEIR_MEMORY", "1GiB"},
                            {"WEIR_LANE_IDLE", "2m"},
                            {"WEIR_HTTP", "[::]:0"},
                            {"WEIR_LOG", "error"},
                            {"WEIR_LOG_FORMAT", "json"}});
  CHECK(values.brokers == std::vector<std::string>{"a:1", "[::1]:2", "c"});
  CHECK(values.slot == "orders_2");
  CHECK(values.tables == std::vector<std::string>{"public.orders", "public.order_*"});
  CHECK(!values.may_create);
  CHECK(values.topic_partitions == 6U);
  CHECK(values.topic_replication == 3U);
  CHECK(values.topic == "shop_{table}");
  CHECK(values.dead_letter_topic == "shop.lost");
  CHECK(values.state_topic == "shop.state");
  CHECK(values.state == state_kind::file);
  CHECK(values.state_path == "/var/lib/weir/state");
  CHECK(!values.tombstones);
  CHECK(values.memory == 1024 * weir::mebibyte);
  CHECK(values.lane_idle == 2min);
  CHECK(values.http.host == "::");
  CHECK(values.http.port == 0);
  CHECK(values.log_level == weir::log::level::error);
  CHECK(values.log_format == weir::config::log_form::json);
}

TEST_CASE("standard output needs no brokers and keeps no state unless told to") {
  const auto read = load({{"WEIR_SINK", "stdout"}});
  CHECK(read.is_good());
  CHECK(read.settings.sink == sink_kind::standard_output);
  CHECK(read.settings.state == state_kind::none);
  CHECK(load({{"WEIR_SINK", "stdout"}, {"WEIR_STATE", "file:/tmp/state"}}).settings.state == state_kind::file);
}

TEST_CASE("an empty variable is as good as an unset one, but for secrets") {
  CHECK(good({{"WEIR_SLOT", ""}, {"WEIR_MEMORY", ""}, {"WEIR_KAFKA_LINGER_MS", ""}}).slot == "weir");
}

TEST_CASE("libpq's own variables are passed on, the password apart, and others are not ours") {
  const auto values = good({{"PGHOST", "db"},
                            {"PGSSLMODE", "verify-full"},
                            {"PGPASSWORD", "swordfish"},
                            {"PGDATA", "/var/lib/postgresql"}});
  CHECK(values.libpq == std::map<std::string, std::string>{{"PGHOST", "db"}, {"PGSSLMODE", "verify-full"}});
  CHECK(values.postgres_password.read() == "swordfish");
}

TEST_CASE("a secret's file is read again by every use, without its one newline") {
  const temporary_file file{"first\n"};
  const auto values = good({{"PGPASSWORD_FILE", file.path()}});
  CHECK(values.postgres_password.is_file());
  CHECK(values.postgres_password.path() == file.path());
  CHECK(values.postgres_password.read() == "first");
  file.write("second\n\n");
  CHECK(values.postgres_password.read() == "second\n");
  file.write("third");
  CHECK(values.postgres_password.read() == "third");
}

TEST_CASE("a secret's file that vanishes later is worth another attempt") {
  weir::config::secret lost;
  {
    const temporary_file file{"first"};
    lost = weir::config::secret::in_file(file.path());
  }
  try {
    (void)lost.read();
    FAIL("a missing file was read");
  } catch (const weir::failure& failure) {
    CHECK(failure.decision() == weir::verdict::retry);
    CHECK(failure.reason() == "secret_file");
    CHECK(std::string{failure.what()}.find(lost.path()) != std::string::npos);
  }
}

TEST_CASE("Kafka's properties are collected by the variable's name, secrets from files too") {
  const temporary_file file{"swordfish\n"};
  const auto values = good({{"WEIR_KAFKA_SECURITY_PROTOCOL", "sasl_ssl"},
                            {"WEIR_KAFKA_SASL_PASSWORD_FILE", file.path()},
                            {"WEIR_KAFKA_SASL_OAUTHBEARER_ASSERTION_FILE", "/run/assertion"}});
  REQUIRE(values.kafka.size() == 3);
  CHECK(values.kafka.at("WEIR_KAFKA_SECURITY_PROTOCOL").read() == "sasl_ssl");
  CHECK(values.kafka.at("WEIR_KAFKA_SASL_PASSWORD").read() == "swordfish");
  CHECK(values.kafka.at("WEIR_KAFKA_SASL_OAUTHBEARER_ASSERTION_FILE").read() == "/run/assertion");
}

TEST_CASE("variables that Kubernetes makes for Services are left out with one notice") {
  environment injected{{"WEIR_SERVICE_HOST", "10.0.0.7"},       {"WEIR_SERVICE_PORT", "8080"},
                       {"WEIR_SERVICE_PORT_HTTP", "8080"},      {"WEIR_ANYTHING_SERVICE_PORT_HTTP", "8080"},
                       {"WEIR_PORT", "tcp://10.0.0.7:8080"},    {"WEIR_PORT_8080_TCP", "tcp://10.0.0.7:8080"},
                       {"WEIR_PORT_8080_TCP_ADDR", "10.0.0.7"}, {"WEIR_PORT_53_UDP_PROTO", "udp"},
                       {"WEIR_KAFKA_SERVICE_HOST", "10.0.0.8"}, {"WEIR_KAFKA_PORT_9092_TCP_PORT", "9092"},
                       {"WEIR_BROKERS", "kafka:9092"}};
  const auto outside = load(injected);
  CHECK(outside.mistakes.size() == 8);  // the two of WEIR_KAFKA_ are librdkafka's to refuse

  injected.emplace("KUBERNETES_SERVICE_HOST", "10.0.0.1");
  const auto inside = load(injected);
  CHECK(inside.is_good());
  CHECK(inside.settings.kafka.empty());
  REQUIRE(inside.notices.size() == 1);
  CHECK(inside.notices[0].starts_with("10 variables of Kubernetes Services were ignored"));

  injected.emplace("WEIR_HTTP_PORT", "8080");
  CHECK(load(injected).mistakes.size() == 1);  // a plain number is somebody's setting, not a Service's
}

TEST_CASE("an address that others reach, without a token, is worth a notice") {
  const environment open{{"WEIR_BROKERS", "kafka:9092"}, {"WEIR_HTTP", "0.0.0.0:8080"}};
  REQUIRE(load(open).notices.size() == 1);
  CHECK(load(open).notices[0] == "only probes and /metrics answer on 0.0.0.0: WEIR_HTTP_TOKEN is not set");
}

TEST_CASE("the process environment is read by name up to the first equals sign") {
  const char* const variables[] = {"WEIR_SLOT=weir", "WEIR_POSTGRES=host=db dbname=shop", "BROKEN", nullptr};
  const auto read = weir::config::environment_of(variables);
  CHECK(read.size() == 2);
  CHECK(read.at("WEIR_POSTGRES") == "host=db dbname=shop");
}
