#include <kafka/configuration.hpp>

#include <kafka/properties.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include <base/base.hpp>
#include <base/failure.hpp>

namespace weir::kafka {
namespace {

struct setting {
  const char* name;
  const char* value;
};

/// What holds for every handle.
constexpr std::array common{
    setting{"log.queue", "true"},
    setting{"allow.auto.create.topics", "false"},
};

/// What may be overridden: good values for a pipe, not promises.
constexpr std::array preferences{
    setting{"socket.nagle.disable", "true"},
    setting{"socket.keepalive.enable", "true"},
    setting{"reconnect.backoff.ms", "100"},
    setting{"reconnect.backoff.max.ms", "2000"},
    // A broker that came back on another port is found by the next refresh.
    setting{"topic.metadata.refresh.interval.ms", "30000"},
    setting{"log.connection.close", "false"},
};

/// The same for handles that write. A full batch leaves by itself and `departure` says when the rest does, so
/// the library's own lingering ends only should all else fail. Who sets a time of their own is on their own:
/// see `lingers`.
constexpr std::array writing{
    setting{"linger.ms", "10000"},
};

/// What the guarantees rest on. One request in flight: with more, an error of the first batch of a partition
/// can end as a success report for a record that is sent no more. The byte budget bounds the queue, so its own
/// limits are wide.
constexpr std::array guarantees{
    setting{"enable.idempotence", "true"},
    setting{"acks", "all"},
    setting{"max.in.flight.requests.per.connection", "1"},
    setting{"message.timeout.ms", "0"},
    setting{"partitioner", "murmur2_random"},
    setting{"queue.buffering.max.messages", "10000000"},
    setting{"queue.buffering.max.kbytes", "2147483647"},
    setting{"message.max.bytes", "1000000000"},
    setting{"statistics.interval.ms", "10000"},
};
static_assert(largest_record == 1'000'000'000);

constexpr std::array reading{
    setting{"enable.partition.eof", "true"},
    setting{"auto.offset.reset", "earliest"},
    setting{"enable.auto.commit", "false"},
    // A state record is some hundred bytes: no reason to wait for more of them, or to buffer much.
    setting{"fetch.wait.max.ms", "10"},
    setting{"queued.max.messages.kbytes", "4096"},
};

void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> why{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) == RD_KAFKA_CONF_OK) return;
  const std::string_view said = is_secret(name) ? "its value is refused" : why.data();
  throw failure{verdict::permanent, "configuration", fmt::format("Kafka property {}: {}", name, said)};
}

template <class Settings>
void set_all(rd_kafka_conf_t* conf, const Settings& settings) {
  for (const auto& each : settings) set(conf, each.name, each.value);
}

conf_ptr passed_through(const options& with, bool is_producer) {
  conf_ptr conf{rd_kafka_conf_new()};
  set_all(conf.get(), preferences);
  if (is_producer) set_all(conf.get(), writing);
  set(conf.get(), "client.id", with.client_id);
  set(conf.get(), "client.software.name", "weir");
  set(conf.get(), "client.software.version", version);
  for (const auto& [name, value] : with.properties) set(conf.get(), name, value);
  set_all(conf.get(), common);
  set(conf.get(), "bootstrap.servers", with.brokers);
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_STATS |
                                           (is_producer ? RD_KAFKA_EVENT_DR : RD_KAFKA_EVENT_FETCH));
  return conf;
}

/// The user's batch.size counts where it is smaller.
bytes smaller_batch(const options& with, bytes limit) {
  const auto own = with.properties.find("batch.size");
  if (own == with.properties.end()) return limit;
  try {
    return std::min<bytes>(limit, std::stoull(own->second));
  } catch (const std::exception&) {
    return limit;  // not a number: librdkafka says so when the property is set
  }
}

}  // namespace

bytes batch_size_for(bytes limit) {
  constexpr bytes least = 256;
  return limit > 2 * batch_margin ? limit - batch_margin : std::max(least, limit / 2);
}

conf_ptr producer_configuration(const options& with, bytes batch_size) {
  auto conf = passed_through(with, true);
  set_all(conf.get(), guarantees);
  set(conf.get(), "batch.size", fmt::to_string(smaller_batch(with, batch_size)));
  return conf;
}

conf_ptr reader_configuration(const options& with) {
  options without = with;
  // A consumer's handle warns of each producer property.
  for (const char* name :
       {"batch.size", "linger.ms", "queue.buffering.max.ms", "compression.type", "compression.codec",
        "compression.level", "batch.num.messages", "request.timeout.ms"}) {
    without.properties.erase(name);
  }
  auto conf = passed_through(without, false);
  set_all(conf.get(), reading);
  return conf;
}

bool lingers(const options& with) {
  return with.properties.contains("linger.ms") || with.properties.contains("queue.buffering.max.ms");
}

bool compresses(const options& with) {
  for (const char* name : {"compression.type", "compression.codec"}) {
    const auto found = with.properties.find(name);
    if (found != with.properties.end() && found->second != "none" && found->second != "inherit") return true;
  }
  return false;
}

}  // namespace weir::kafka
