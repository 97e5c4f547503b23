#include <kafka/properties.hpp>

#include <kafka/handles.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <map>

namespace weir::kafka {
namespace {

struct reserved {
  std::string_view name;
  std::string_view reason;
};

constexpr std::string_view delivery = "a position is confirmed only because it holds";
constexpr std::string_view order = "the order of records per key rests on it";
constexpr std::string_view in_flight =
    "with more than one request in flight librdkafka can report a record as delivered that it never sent again";
constexpr std::string_view no_timeout =
    "a record waits for as long as the brokers are away; none is given up by age";
constexpr std::string_view brokers = "set WEIR_BROKERS instead";
constexpr std::string_view memory = "WEIR_MEMORY bounds what is in flight";
constexpr std::string_view no_transactions = "Weir does not use Kafka transactions";
constexpr std::string_view events = "Weir takes the library's events on its own loop";
constexpr std::string_view partitioning =
    "a key must stay in its partition (murmur2_random, as Java clients do)";
constexpr std::string_view sizes = "Weir checks sizes against each topic's own limit";
constexpr std::string_view topics = "Weir makes topics itself; see WEIR_CREATE";
constexpr std::string_view reading = "Weir reads its state topic without a group";

constexpr std::array table{
    reserved{"acks", delivery},
    reserved{"allow.auto.create.topics", topics},
    reserved{"auto.offset.reset", reading},
    reserved{"bootstrap.servers", brokers},
    reserved{"default_topic_conf", events},
    reserved{"delivery.report.only.error", events},
    reserved{"delivery.timeout.ms", no_timeout},
    reserved{"enable.auto.commit", reading},
    reserved{"enable.auto.offset.store", reading},
    reserved{"enable.gapless.guarantee",
             "a failed record ends the run and is replayed; a fatal error would do the same later"},
    reserved{"enable.idempotence", delivery},
    reserved{"enable.partition.eof", reading},
    reserved{"enable_sasl_queue", events},
    reserved{"enabled_events", events},
    reserved{"group.id", reading},
    reserved{"group.instance.id", reading},
    reserved{"log.queue", events},
    reserved{"max.in.flight", in_flight},
    reserved{"max.in.flight.requests.per.connection", in_flight},
    reserved{"message.max.bytes", sizes},
    reserved{"message.send.max.retries", delivery},
    reserved{"message.timeout.ms", no_timeout},
    reserved{"metadata.broker.list", brokers},
    reserved{"msg_order_cmp", order},
    reserved{"opaque", events},
    reserved{"partitioner", partitioning},
    reserved{"queue.buffering.backpressure.threshold", memory},
    reserved{"queue.buffering.max.kbytes", memory},
    reserved{"queue.buffering.max.messages", memory},
    reserved{"queuing.strategy", order},
    reserved{"request.required.acks", delivery},
    reserved{"retries", delivery},
    reserved{"statistics.interval.ms", "Weir's own metrics are read from it"},
    reserved{"test.mock.num.brokers", "it keeps nothing; it is for tests"},
    reserved{"transaction.timeout.ms", no_transactions},
    reserved{"transactional.id", no_transactions},
};

std::optional<std::string_view> reason_to_refuse(std::string_view property) {
  if (property.ends_with("_cb")) return events;
  const auto* found =
      std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.name == property; });
  if (found == table.end()) return std::nullopt;
  return found->reason;
}

std::string with_underscores(std::string_view name) {
  std::string text{name};
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

/// librdkafka's own list of properties, by their names with underscores for dots. Its only interface to all of
/// them, those without a default included, is a table printed for people: name | C, P or both | ...
std::map<std::string, std::string, std::less<>> known_properties() {
  std::map<std::string, std::string, std::less<>> known;
  char* text = nullptr;
  std::size_t size = 0;
  FILE* into = open_memstream(&text, &size);
  if (into == nullptr) return known;
  rd_kafka_conf_properties_show(into);
  std::fclose(into);
  std::string_view rest{text, size};
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto name = line.substr(0, line.find(' '));
    if (line.find('|') == std::string_view::npos || name.empty() || name == "Property") continue;
    known.emplace(with_underscores(name), name);
  }
  std::free(text);  // NOLINT(cppcoreguidelines-no-malloc): open_memstream's memory
  return known;
}

std::optional<std::string> refusal_of_value(const std::string& name, const std::string& value) {
  const conf_ptr conf{rd_kafka_conf_new()};
  std::array<char, 512> why{};
  switch (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why.data(), why.size())) {
    case RD_KAFKA_CONF_OK:
      return std::nullopt;
    case RD_KAFKA_CONF_UNKNOWN:
      return fmt::format("Kafka property {} does not exist in librdkafka {}", name, rd_kafka_version_str());
    case RD_KAFKA_CONF_INVALID:
      break;
  }
  if (is_secret(name)) return fmt::format("Kafka property {}: librdkafka refuses its value (not shown)", name);
  return fmt::format("Kafka property {}: {}", name, why.data());
}

}  // namespace

std::vector<std::string> problems(const property_map& properties) {
  std::vector<std::string> found;
  for (const auto& [name, value] : properties) {
    if (const auto reason = reason_to_refuse(name)) {
      found.push_back(fmt::format("Kafka property {} cannot be set: {}", name, *reason));
    } else if (auto refused = refusal_of_value(name, value)) {
      found.push_back(std::move(*refused));
    }
  }
  return found;
}

std::optional<std::string> property_of(std::string_view environment_name) {
  constexpr std::string_view prefix = "WEIR_KAFKA_";
  if (!environment_name.starts_with(prefix) || environment_name.size() == prefix.size()) return std::nullopt;
  std::string name{environment_name.substr(prefix.size())};
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  static const auto known = known_properties();
  if (const auto found = known.find(name); found != known.end()) return found->second;
  std::replace(name.begin(), name.end(), '_', '.');
  return name;
}

bool is_secret(std::string_view property) {
  constexpr std::array marks{"password",           "secret",  "pem",          "token",
                             "oauthbearer.config", "ssl_key", "sasl.username"};
  return std::any_of(marks.begin(), marks.end(),
                     [&](std::string_view mark) { return property.find(mark) != std::string_view::npos; });
}

}  // namespace weir::kafka
