#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <string>

#include <kafka/configuration.hpp>
#include <kafka/properties.hpp>

namespace weir::kafka {
namespace {

std::string value_of(const conf_ptr& conf, const char* name) {
  std::string value(256, '\0');
  std::size_t size = value.size();
  REQUIRE(rd_kafka_conf_get(conf.get(), name, value.data(), &size) == RD_KAFKA_CONF_OK);
  value.resize(size - 1);
  return value;
}

TEST_CASE("the properties that guarantees rest on are refused by name, each with its reason") {
  for (const char* name : {"enable.idempotence",
                           "acks",
                           "request.required.acks",
                           "message.timeout.ms",
                           "delivery.timeout.ms",
                           "max.in.flight",
                           "max.in.flight.requests.per.connection",
                           "transactional.id",
                           "partitioner",
                           "partitioner_cb",
                           "dr_cb",
                           "dr_msg_cb",
                           "log_cb",
                           "bootstrap.servers",
                           "metadata.broker.list",
                           "enable.gapless.guarantee",
                           "message.send.max.retries",
                           "retries",
                           "allow.auto.create.topics",
                           "log.queue",
                           "queue.buffering.max.messages",
                           "queue.buffering.max.kbytes",
                           "queuing.strategy",
                           "message.max.bytes",
                           "statistics.interval.ms"}) {
    CAPTURE(name);
    const auto found = problems({{name, "1"}});
    REQUIRE(found.size() == 1);
    CHECK(found.front().find(name) != std::string::npos);
    CHECK(found.front().find("cannot be set: ") != std::string::npos);
  }
}

TEST_CASE("unknown properties and bad values are reported all at once, good ones not at all") {
  CHECK(problems({{"security.protocol", "sasl_ssl"},
                  {"sasl.mechanisms", "PLAIN"},
                  {"compression.type", "lz4"},
                  {"linger.ms", "20"},
                  {"batch.size", "65536"}})
            .empty());
  const auto found =
      problems({{"no.such.thing", "1"}, {"linger.ms", "soon"}, {"security.protocol", "carrier-pigeon"}});
  REQUIRE(found.size() == 3);
  CHECK(std::any_of(found.begin(), found.end(),
                    [](const auto& each) { return each.find("no.such.thing") != each.npos; }));
}

TEST_CASE("002-14 the value of a secret is never part of a message") {
  CHECK(is_secret("sasl.password"));
  CHECK(is_secret("ssl.key.password"));
  CHECK(is_secret("ssl.key.pem"));
  CHECK(is_secret("sasl.oauthbearer.client.secret"));
  CHECK_FALSE(is_secret("security.protocol"));
  for (const auto& each : problems({{"ssl.key.pem", std::string(3, '\x01') + "hunter2"}})) {
    CHECK(each.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("names of the environment become librdkafka's, those with underscores too") {
  CHECK(property_of("WEIR_KAFKA_SECURITY_PROTOCOL") == "security.protocol");
  CHECK(property_of("WEIR_KAFKA_LOG_LEVEL") == "log_level");
  CHECK(property_of("WEIR_KAFKA_SSL_KEY_PASSWORD") == "ssl.key.password");
  CHECK(property_of("WEIR_KAFKA_SSL_CERTIFICATE") == "ssl_certificate");
  CHECK(property_of("WEIR_KAFKA_MAX_IN_FLIGHT") == "max.in.flight");
  CHECK(property_of("WEIR_KAFKA_NO_SUCH_THING") == "no.such.thing");
  CHECK_FALSE(property_of("WEIR_KAFKA_").has_value());
  CHECK_FALSE(property_of("WEIR_BROKERS").has_value());
}

TEST_CASE("what is passed through counts, and what is ours prevails") {
  options with;
  with.brokers = "one:9092,two:9092";
  with.properties = {{"linger.ms", "7"},
                     {"acks", "1"},
                     {"enable.idempotence", "false"},
                     {"compression.type", "lz4"},
                     {"max.in.flight", "100"},
                     {"batch.size", "10000000"}};
  const auto conf = producer_configuration(with, 20'000);
  CHECK(value_of(conf, "linger.ms") == "7");
  CHECK(kafka::lingers(with));
  CHECK_FALSE(kafka::lingers({}));
  CHECK(value_of(conf, "acks") == "-1");
  CHECK(value_of(conf, "enable.idempotence") == "true");
  CHECK(value_of(conf, "max.in.flight") == "1");
  CHECK(value_of(conf, "message.timeout.ms") == "0");
  CHECK(value_of(conf, "partitioner") == "murmur2_random");
  CHECK(value_of(conf, "allow.auto.create.topics") == "false");
  CHECK(value_of(conf, "bootstrap.servers") == "one:9092,two:9092");
  CHECK(value_of(conf, "compression.type") == "lz4");
  // A batch above the topic's limit would be refused whole.
  CHECK(value_of(conf, "batch.size") == "20000");
  CHECK(compresses(with));
  with.properties = {{"batch.size", "5000"}};
  CHECK(value_of(producer_configuration(with, 20'000), "batch.size") == "5000");
  CHECK_FALSE(compresses(with));
}

TEST_CASE("A2 batches stay below a topic's limit") {
  CHECK(batch_size_for(20'000) == 20'000 - 1024);
  CHECK(batch_size_for(default_topic_limit) == default_topic_limit - 1024);
  CHECK(batch_size_for(1000) == 500);
}

}  // namespace
}  // namespace weir::kafka
