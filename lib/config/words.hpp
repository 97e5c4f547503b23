#pragma once

#include <config/settings_table.hpp>

#include <string>
#include <string_view>
#include <vector>

/// Names and addresses that settings hold, each checked by the rules of whoever will take it.
namespace weir::config {

/// PostgreSQL: ReplicationSlotValidateName, [a-z0-9_]{1,63}.
[[nodiscard]] fault check_slot_name(std::string_view name);
/// An identifier of PostgreSQL (63 bytes) that needs no care in a list of publications.
[[nodiscard]] fault check_publication_name(std::string_view name);
/// `schema.table`, where `*` stands for any part of a name.
[[nodiscard]] fault check_table_pattern(std::string_view pattern);

/// `column` or `schema.table.column`, where `*` stands for any part of a name.
[[nodiscard]] fault check_column_pattern(std::string_view pattern);
/// `http://host[:port][/path]` or `https://...`, without a user in it.
[[nodiscard]] fault check_url(std::string_view url);

/// Kafka: org.apache.kafka.common.internals.Topic, [a-zA-Z0-9._-]{1,249}, neither "." nor "..".
[[nodiscard]] fault check_topic_name(std::string_view name);
/// A topic with {fields}: only `allowed` ones, and characters of a topic name around them.
[[nodiscard]] fault check_topic_template(std::string_view text, const std::vector<std::string_view>& allowed);
/// The name of a listener or a target: a label of metrics, [A-Za-z0-9_.-]{1,64}.
[[nodiscard]] fault check_label(std::string_view name);
/// The name of a record's header that a user adds: none of those that Weir itself writes.
[[nodiscard]] fault check_header(std::string_view name);
/// `text` with every `{field}` replaced.
[[nodiscard]] std::string fill_in(std::string_view text, std::string_view field, std::string_view value);

/// `host:port`, `[v6]:port`; a host alone where `may_lack_port`. Port 0 only where `may_be_any`.
struct host_and_port {
  std::string host;  ///< without brackets
  std::uint16_t port = 0;
  fault wrong;
};
enum class port_rule { required_or_any, optional };
[[nodiscard]] host_and_port parse_host_and_port(std::string_view text, port_rule rule);

}  // namespace weir::config
