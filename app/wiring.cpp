#include "wiring.hpp"

#include <kafka/properties.hpp>

#include <unistd.h>

#include <fmt/ranges.h>

#include <algorithm>

namespace weir::app {
namespace {

/// A value of a libpq connection string, quoted as libpq reads it.
std::string quoted(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
}

/// PG* variables are libpq's to read from the environment; only what comes from a file is ours to hand over.
std::string conninfo_of(const config::secret& whole, const config::secret& password) {
  if (whole.is_set()) return whole.read();
  if (password.is_file()) return "password=" + quoted(password.read());
  return {};
}

}  // namespace

postgres::endpoint endpoint_of(const config::settings& with) {
  return {[whole = with.postgres, password = with.postgres_password] { return conninfo_of(whole, password); },
          with.connect_timeout};
}

postgres::stream_settings stream_settings_of(const config::settings& with) {
  postgres::stream_settings stream;
  stream.server = endpoint_of(with);
  stream.slot = with.slot;
  stream.publication = with.publication;
  stream.tables = postgres::table_patterns{with.tables};
  stream.may_create = with.may_create;
  stream.max_row = with.max_row;
  return stream;
}

postgres::preflight_settings preflight_settings_of(const config::settings& with) {
  return {endpoint_of(with), with.slot, with.publication, postgres::table_patterns{with.tables},
          with.may_create};
}

kafka::options kafka_options_of(const config::settings& with) {
  kafka::options options;
  options.brokers = fmt::format("{}", fmt::join(with.brokers, ","));
  for (const auto& [name, value] : with.kafka) {
    if (const auto property = kafka::property_of(name)) options.properties[*property] = value.read();
  }
  options.may_create_topics = with.may_create;
  if (with.topic_partitions) options.partitions = static_cast<int>(*with.topic_partitions);
  if (with.topic_replication) options.replication = static_cast<int>(*with.topic_replication);
  return options;
}

std::vector<kafka::wanted_topic> topics_of(const config::settings& with) {
  std::vector<kafka::wanted_topic> topics{{with.dead_letter_topic, event::topic_kind::dead_letters, true}};
  if (with.state == config::state_kind::kafka)
    topics.push_back({with.state_topic, event::topic_kind::state, true});
  if (with.topic.find('{') == std::string::npos)
    topics.push_back({with.topic, event::topic_kind::changes, true});
  return topics;
}

pipeline::flow_options flow_options_of(const config::settings& with) {
  pipeline::flow_options options;
  options.target = with.sink == config::sink_kind::kafka ? "kafka" : "stdout";
  options.topic = with.topic;
  options.message_topic = with.topic_prefix + ".message";
  options.dead_letter_topic = with.dead_letter_topic;
  options.envelope.name = with.topic_prefix;
  options.envelope.tombstones = with.tombstones;
  if (!with.tables.empty()) {
    options.takes = [patterns = postgres::table_patterns{with.tables}](auto schema, auto table) {
      return patterns.takes(schema, table);
    };
  }
  options.lane_idle = with.lane_idle;
  options.stall_after = with.stall_after;
  options.probe_min = with.retry_min;
  options.probe_max = with.retry_max;
  return options;
}

std::vector<config::mistake> check_kafka(const config::settings& with) {
  std::vector<config::mistake> mistakes;
  for (const auto& [name, value] : with.kafka) {
    const auto property = kafka::property_of(name);
    if (!property) continue;
    const auto text = value.read();
    const auto shown = kafka::is_secret(*property) ? std::string{"(hidden)"} : fmt::format("\"{}\"", text);
    for (const auto& problem : kafka::problems({{*property, text}})) {
      mistakes.push_back({name, shown, problem, "see librdkafka's CONFIGURATION.md for names and values"});
    }
  }
  return mistakes;
}

config::loaded load_settings() { return config::load(config::environment_of(environ), check_kafka); }

}  // namespace weir::app
