#include "wiring.hpp"

#include "document_check.hpp"
#include "document_tables.hpp"
#include "record_wiring.hpp"

#include <kafka/properties.hpp>

#include <unistd.h>

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <variant>

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

/// The document is checked before: what does not parse here is a mistake of the program.
pipeline::text_template template_of(std::string_view text, pipeline::escaping how, std::string_view prefix) {
  auto made = pipeline::text_template::parse(text, how);
  if (const auto* problem = std::get_if<pipeline::template_problem>(&made)) {
    throw std::logic_error{fmt::format("\"{}\" is no template: {}", text, problem->sentence)};
  }
  return std::get<pipeline::text_template>(made).with_prefix(prefix);
}

filter::program filter_of(std::string_view text) {
  auto made = filter::program::compile(text);
  if (const auto* wrong = std::get_if<filter::problems>(&made)) {
    throw std::logic_error{fmt::format("\"{}\" is no filter: {}", text, wrong->front().what)};
  }
  return std::get<filter::program>(std::move(made));
}

pipeline::listener_options listener_of(const config::listener& each, const config::secret& salt) {
  using pipeline::on_filter_error;
  pipeline::listener_options made;
  made.name = each.name;
  if (!each.tables.empty()) {
    std::vector<std::string> patterns;
    for (const auto& table : each.tables) patterns.push_back(table.text);
    made.takes = [patterns = postgres::table_patterns{patterns}](auto schema, auto table) {
      return patterns.takes(schema, table);
    };
  }
  made.operations = each.operations;
  if (each.filter) made.filter = filter_of(each.filter->text);
  switch (each.on_filter_error) {
    case config::filter_error::dead_letter:
      made.if_undecided = on_filter_error::dead_letter;
      break;
    case config::filter_error::drop:
      made.if_undecided = on_filter_error::drop;
      break;
    case config::filter_error::keep:
      made.if_undecided = on_filter_error::keep;
      break;
    case config::filter_error::stop:
      made.if_undecided = on_filter_error::stop;
      break;
  }
  made.groups_by_transaction = each.groups_by_transaction;
  if (each.transaction_filter) made.transaction_filter = each.transaction_filter->text;
  made.columns = columns_of(each, salt);
  made.targets = each.targets;
  return made;
}

pipeline::on_error policy_of(config::on_error which) {
  switch (which) {
    case config::on_error::dead_letter:
      return pipeline::on_error::dead_letter;
    case config::on_error::stop:
      return pipeline::on_error::stop;
    case config::on_error::drop:
      return pipeline::on_error::drop;
  }
  return pipeline::on_error::dead_letter;
}

/// A column as a template, so that there is one way to read one.
std::string field_of(std::string_view column) { return fmt::format("{{new.{}}}", column); }

void set_key(pipeline::target_options& of, const config::key_choice& choice, std::string_view prefix) {
  if (std::holds_alternative<config::no_key>(choice)) of.key = encode::no_key{};
  if (const auto* columns = std::get_if<config::column_key>(&choice)) {
    std::vector<std::string> names;
    for (const auto& each : columns->columns) names.push_back(each.text);
    of.key = encode::column_key{std::move(names)};
  }
  if (const auto* text = std::get_if<config::template_key>(&choice)) {
    of.key = encode::no_key{};
    of.key_text = template_of(text->text.text, pipeline::escaping::none, prefix);
  }
}

pipeline::target_options target_of(const config::target& each, std::string_view prefix) {
  pipeline::target_options made;
  made.name = each.name;
  made.topic = template_of(each.topic.text, pipeline::escaping::topic, prefix);
  made.message_topic = fmt::format("{}.message", prefix);
  set_key(made, each.key, prefix);
  if (each.partition_by) {
    made.partition_by = template_of(field_of(each.partition_by->text), pipeline::escaping::none, prefix);
  }
  for (const auto& [name, text] : each.headers) {
    made.headers.emplace_back(name, template_of(text.text, pipeline::escaping::none, prefix));
  }
  if (each.writes_as) made.format = format_of(*each.writes_as);
  made.policy = policy_of(each.policy);
  made.group_limit = each.group_limit;
  return made;
}

std::vector<pipeline::target_options> targets_of(const config::settings& with) {
  std::vector<pipeline::target_options> all;
  for (const auto& each : with.document.targets) all.push_back(target_of(each, with.topic_prefix));
  return all;
}

/// What a publication that Weir makes has to hold: everything as soon as one listener takes everything.
postgres::table_patterns tables_of(const config::settings& with) {
  std::vector<std::string> all;
  for (const auto& each : with.document.listeners) {
    if (each.tables.empty()) return postgres::table_patterns{std::vector<std::string>{}};
    for (const auto& table : each.tables) all.push_back(table.text);
  }
  return postgres::table_patterns{all};
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
  stream.tables = tables_of(with);
  stream.may_create = with.may_create;
  stream.max_row = with.max_row;
  stream.wants_failover_slot = with.failover_slot;
  stream.judge = judge_at_start(with);
  return stream;
}

postgres::snapshot_settings snapshot_settings_of(const config::settings& with) {
  postgres::snapshot_settings snapshot;
  snapshot.server = endpoint_of(with);
  snapshot.slot = with.slot;
  snapshot.publication = with.publication;
  snapshot.tables = tables_of(with);
  snapshot.connections = static_cast<unsigned>(with.snapshot_connections);
  snapshot.max_row = with.max_row;
  return snapshot;
}

postgres::preflight_settings preflight_settings_of(const config::settings& with) {
  return {endpoint_of(with), with.slot, with.publication,  tables_of(with),
          with.may_create,   {},        with.failover_slot};
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
  if (with.transaction_metadata) topics.push_back({with.transaction_topic, event::topic_kind::changes, true});
  if (!with.heartbeat_topic.empty()) topics.push_back({with.heartbeat_topic, event::topic_kind::changes, true});
  for (const auto& each : targets_of(with)) {
    std::string name;
    std::string why;
    if (!each.topic->is_constant() || !each.topic->render(name, {}, why)) continue;
    topics.push_back({std::move(name), event::topic_kind::changes, true});
  }
  return topics;
}

pipeline::flow_options flow_options_of(const config::settings& with) {
  pipeline::flow_options options;
  for (const auto& each : with.document.listeners)
    options.listeners.push_back(listener_of(each, with.mask_salt));
  options.targets = targets_of(with);
  options.dead_letter_topic = with.dead_letter_topic;
  options.reserved_topics = {with.dead_letter_topic, with.state_topic};
  if (with.transaction_metadata) options.reserved_topics.push_back(with.transaction_topic);
  if (!with.heartbeat_topic.empty()) options.reserved_topics.push_back(with.heartbeat_topic);
  options.heartbeat_topic = with.heartbeat_topic;
  options.heartbeat_interval = with.heartbeat;
  options.transaction_topic = with.transaction_metadata ? with.transaction_topic : std::string{};
  options.groups = {with.spill, with.spill_limit};
  options.envelope.name = with.topic_prefix;
  options.envelope.tombstones = with.tombstones;
  options.envelope.is_debezium = with.compat == config::compat_kind::debezium;
  options.values = modes_of(with);
  options.transactions_have_schema = with.format == config::format::debezium_schema;
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

config::loaded load_settings() {
  return config::load(config::environment_of(environ), [](const config::settings& with) {
    auto mistakes = check_kafka(with);
    auto more = check_document(with);
    std::move(more.begin(), more.end(), std::back_inserter(mistakes));
    return mistakes;
  });
}

}  // namespace weir::app
