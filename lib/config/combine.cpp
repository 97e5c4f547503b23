#include <config/combine.hpp>
#include <config/document_reader.hpp>
#include <config/parse.hpp>
#include <config/words.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

namespace weir::config {
namespace {

std::string show_time(duration value) {
  return show(with_unit(setting_type::duration, static_cast<std::uint64_t>(value.count())));
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

void check_sink(loaded& into, const known_names& names) {
  auto& values = into.settings;
  if (!names.is_sound("WEIR_SINK")) return;
  const bool is_kafka = values.sink == sink_kind::kafka;
  if (!names.is_given("WEIR_STATE")) values.state = is_kafka ? state_kind::kafka : state_kind::none;
  if (is_kafka && !names.is_given("WEIR_BROKERS")) {
    into.mistakes.push_back(
        {"WEIR_BROKERS", "", "is not set", "name the bootstrap servers, such as kafka-1:9092,kafka-2:9092"});
  }
  if (!is_kafka && names.is_sound("WEIR_STATE") && values.state == state_kind::kafka) {
    into.mistakes.push_back(
        {"WEIR_STATE", show("kafka"), "cannot be while WEIR_SINK is stdout", "choose file:PATH or none"});
  }
  if (!is_kafka && names.is_given("WEIR_BROKERS"))
    into.notices.emplace_back("WEIR_BROKERS is not used: WEIR_SINK is stdout");
}

/// Names of Weir's own topics are reserved: a change must never land among positions or dead letters.
void check_topics(loaded& into, const known_names& names) {
  auto& values = into.settings;
  const auto topic_as_given = values.topic;
  const auto dead_letters_as_given = values.dead_letter_topic;
  values.topic = fill_in(values.topic, "prefix", values.topic_prefix);
  values.dead_letter_topic = fill_in(values.dead_letter_topic, "prefix", values.topic_prefix);
  values.state_topic = values.topic_prefix + ".state";
  if (!names.is_sound("WEIR_TOPIC_PREFIX") || !names.is_sound("WEIR_DEAD_LETTER_TOPIC")) return;

  if (values.dead_letter_topic == values.state_topic) {
    into.mistakes.push_back({"WEIR_DEAD_LETTER_TOPIC", show(dead_letters_as_given),
                             fmt::format("names {}, the topic of the position", values.state_topic),
                             "choose another name"});
  } else if (auto wrong = check_topic_name(values.dead_letter_topic)) {
    into.mistakes.push_back({"WEIR_DEAD_LETTER_TOPIC", show(dead_letters_as_given), wrong.wrong, wrong.remedy});
  }
  if (auto wrong = check_topic_name(values.state_topic)) {
    into.mistakes.push_back(
        {"WEIR_TOPIC_PREFIX", show(values.topic_prefix), "is too long for {prefix}.state", wrong.remedy});
  }
  if (!names.is_sound("WEIR_TOPIC")) return;
  for (const auto& own : {values.state_topic, values.dead_letter_topic, values.transaction_topic}) {
    if (values.topic != own || (own == values.transaction_topic && !values.transaction_metadata)) continue;
    into.mistakes.push_back({"WEIR_TOPIC", show(topic_as_given),
                             fmt::format("names {}, one of Weir's own topics", own), "choose another name"});
    return;
  }
}

text_at elsewhere(std::string text) { return {std::move(text), {}}; }

/// What is not said depends on whose consumers read.
void settle_modes(settings& values, const known_names& names) {
  if (values.compat != compat_kind::debezium) return;
  if (!names.is_given("WEIR_DECIMALS")) values.decimals = decimal_kind::precise;
  if (!names.is_given("WEIR_INTERVALS")) values.intervals = interval_kind::numeric;
  if (!names.is_given("WEIR_UNKNOWN_TYPES")) values.unknown_types = unknown_kind::absent;
}

/// Avro needs a registry, and a registry somebody who writes Avro.
void check_formats(loaded& into, const known_names& names) {
  auto& values = into.settings;
  for (auto& each : values.document.targets) {
    if (!each.writes_as) each.writes_as = values.format;
    if (*each.writes_as != format::avro || names.is_given("WEIR_SCHEMA_REGISTRY")) continue;
    into.mistakes.push_back({"WEIR_SCHEMA_REGISTRY", "",
                             fmt::format("is not set, and target {} writes avro", each.name),
                             "name the registry, such as http://registry:8081"});
    break;
  }
  const auto is_avro = [](const target& each) { return each.writes_as == format::avro; };
  if (values.sink != sink_kind::kafka &&
      std::any_of(values.document.targets.begin(), values.document.targets.end(), is_avro)) {
    into.mistakes.push_back(
        {"WEIR_FORMAT", show("avro"), "cannot be while WEIR_SINK is stdout", "choose a JSON format"});
  }
  const bool is_lone = values.registry_user.empty() == values.registry_password.is_set();
  if (is_lone && (names.is_given("WEIR_SCHEMA_REGISTRY_USER") || values.registry_password.is_set())) {
    into.mistakes.push_back({"WEIR_SCHEMA_REGISTRY_USER", "",
                             "and WEIR_SCHEMA_REGISTRY_PASSWORD belong together", "set both, or neither"});
  }
}

/// A hash without a salt is a dictionary away from its value.
void check_masks(loaded& into) {
  const auto& values = into.settings;
  if (values.mask_salt.is_set()) return;
  for (const auto& each : values.document.listeners) {
    for (const auto& mask : each.columns.masks) {
      if (mask.is != column_mask::kind::hash) continue;
      into.mistakes.push_back(
          mistake_at(mask.at, {}, "hashes, and WEIR_MASK_SALT is not set", "set it, or WEIR_MASK_SALT_FILE"));
    }
  }
}

void check_heartbeat(loaded& into, const known_names& names) {
  auto& values = into.settings;
  if (values.heartbeat_topic.empty()) return;
  const auto as_given = values.heartbeat_topic;
  values.heartbeat_topic = fill_in(values.heartbeat_topic, "prefix", values.topic_prefix);
  if (auto wrong = check_topic_name(values.heartbeat_topic); wrong && names.is_sound("WEIR_TOPIC_PREFIX")) {
    into.mistakes.push_back({"WEIR_HEARTBEAT_TOPIC", show(as_given), wrong.wrong, wrong.remedy});
  }
  if (!names.is_given("WEIR_HEARTBEAT")) {
    into.mistakes.push_back({"WEIR_HEARTBEAT_TOPIC", show(as_given), "has no heartbeat to show",
                             "set WEIR_HEARTBEAT, such as 10s"});
  }
}

/// Without a document: one listener for everything that WEIR_TABLES names, one target named after the sink.
document document_of(const settings& values) {
  listener all;
  all.name = "all";
  all.operations = "cudtmr";
  for (const auto& each : values.tables) all.tables.push_back(elsewhere(each));
  all.targets = {0};
  target only;
  only.name = values.sink == sink_kind::kafka ? "kafka" : "stdout";
  only.topic = elsewhere(values.topic);
  only.group_limit = default_group_limit;
  return {{std::move(all)}, {std::move(only)}};
}

/// All patterns that listeners name; none when one of them takes every table.
std::vector<std::string> tables_of(const document& whole) {
  std::vector<std::string> tables;
  for (const auto& listener : whole.listeners) {
    if (listener.tables.empty()) return {};
    for (const auto& each : listener.tables) {
      if (std::find(tables.begin(), tables.end(), each.text) == tables.end()) tables.push_back(each.text);
    }
  }
  return tables;
}

void take_document(loaded& into, const known_names& names) {
  auto& values = into.settings;
  values.transaction_topic = values.topic_prefix + ".transaction";
  if (!names.is_given("WEIR_CONFIG")) {
    values.document = document_of(values);
    return;
  }
  const auto move_it = [&](const char* name, std::string shown, const char* remedy) {
    if (names.is_given(name))
      into.mistakes.push_back({name, std::move(shown), "cannot be beside WEIR_CONFIG", remedy});
  };
  move_it("WEIR_TABLES", show(fmt::format("{}", fmt::join(values.tables, ","))),
          R"(move it into the document, as "tables" of a listener)");
  move_it("WEIR_TOPIC", show(values.topic), R"(move it into the document, as "topic" of a target)");
  auto read = load_document(values.config);
  std::move(read.mistakes.begin(), read.mistakes.end(), std::back_inserter(into.mistakes));
  std::move(read.notices.begin(), read.notices.end(), std::back_inserter(into.notices));
  values.document = std::move(read.document);
  values.tables = tables_of(values.document);
}

void check_times(loaded& into, const known_names& names) {
  const auto& values = into.settings;
  if (names.is_sound("WEIR_STALL_AFTER") && names.is_sound("WEIR_HANG_UP_AFTER") &&
      values.stall_after >= values.hang_up_after) {
    into.mistakes.push_back({"WEIR_STALL_AFTER", show_time(values.stall_after),
                             fmt::format("is not below WEIR_HANG_UP_AFTER={}", show_time(values.hang_up_after)),
                             "a stall is to be seen before the connection is given up"});
  }
  if (names.is_sound("WEIR_RETRY_MIN") && names.is_sound("WEIR_RETRY_MAX") &&
      values.retry_min > values.retry_max) {
    into.mistakes.push_back({"WEIR_RETRY_MIN", show_time(values.retry_min),
                             fmt::format("is above WEIR_RETRY_MAX={}", show_time(values.retry_max)),
                             "lower it, or raise the other"});
  }
}

void tell_of_token(loaded& into, const known_names& names) {
  const auto& values = into.settings;
  if (!names.is_sound("WEIR_HTTP") || is_loopback(values.http.host) || values.http_token.is_set()) return;
  into.notices.push_back(
      fmt::format("only probes and /metrics answer on {}: WEIR_HTTP_TOKEN is not set", values.http.host));
}

}  // namespace

void combine(loaded& into, const known_names& names) {
  check_sink(into, names);
  take_document(into, names);  // before {prefix} is filled in
  check_topics(into, names);
  settle_modes(into.settings, names);
  check_formats(into, names);
  check_masks(into);
  check_heartbeat(into, names);
  check_times(into, names);
  tell_of_token(into, names);
}

}  // namespace weir::config
