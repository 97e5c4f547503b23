#include <encode/record_schema.hpp>

#include <algorithm>
#include <utility>

namespace weir::encode {
namespace {

using kind = connect_schema::kind;
using field = connect_schema::field;

/// Debezium's Envelope.SCHEMA_VERSION.
constexpr std::int32_t envelope_version = 2;

connect_schema plain(kind is, bool is_optional = false) {
  connect_schema made;
  made.is = is;
  made.is_optional = is_optional;
  return made;
}

connect_schema required(kind is) { return plain(is); }
connect_schema optional(kind is) { return plain(is, true); }

connect_schema structure(std::string name, std::int32_t version, std::vector<field> fields) {
  connect_schema made = required(kind::structure);
  made.name = std::move(name);
  made.version = version;
  made.fields = std::move(fields);
  return made;
}

connect_schema as_optional(connect_schema made) {
  made.is_optional = true;
  return made;
}

std::string suffixed(std::string_view base, std::string_view with) {
  std::string name{base};
  name += with;
  return name;
}

connect_schema snapshot_schema() {
  connect_schema made = optional(kind::string);
  made.name = "io.debezium.data.Enum";
  made.version = 1;
  made.parameters = {
      {"allowed", "true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"}};
  made.default_json = "\"false\"";
  return made;
}

bool is_topic_character(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
         byte == '.' || byte == '_' || byte == '-';
}

/// The second and later bytes of a character in UTF-8.
bool goes_on(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

std::string schema_base(std::string_view prefix, std::string_view schema, std::string_view table) {
  std::string base{prefix};
  for (const std::string_view each : {schema, table}) {
    base += '.';
    for (const char byte : each) {
      if (!goes_on(byte)) base += is_topic_character(byte) ? byte : '_';
    }
  }
  return base;
}

connect_schema key_schema(std::string_view base, std::span<const field> columns) {
  return structure(suffixed(base, ".Key"), 0, {columns.begin(), columns.end()});
}

connect_schema row_schema(std::string_view base, std::span<const field> columns) {
  return as_optional(structure(suffixed(base, ".Value"), 0, {columns.begin(), columns.end()}));
}

connect_schema envelope_schema(std::string_view base, const connect_schema& row) {
  return structure(suffixed(base, ".Envelope"), envelope_version,
                   {{"before", row},
                    {"after", row},
                    {"source", source_schema()},
                    {"transaction", transaction_block_schema()},
                    {"op", required(kind::string)},
                    {"ts_ms", optional(kind::int64)},
                    {"ts_us", optional(kind::int64)},
                    {"ts_ns", optional(kind::int64)}});
}

connect_schema source_schema() {
  return structure("io.debezium.connector.postgresql.Source", 1,
                   {{"version", required(kind::string)},
                    {"connector", required(kind::string)},
                    {"name", required(kind::string)},
                    {"ts_ms", required(kind::int64)},
                    {"snapshot", snapshot_schema()},
                    {"db", required(kind::string)},
                    {"sequence", optional(kind::string)},
                    {"ts_us", optional(kind::int64)},
                    {"ts_ns", optional(kind::int64)},
                    {"schema", required(kind::string)},
                    {"table", required(kind::string)},
                    {"txId", optional(kind::int64)},
                    {"lsn", optional(kind::int64)},
                    {"xmin", optional(kind::int64)},
                    {"origin", optional(kind::string)},
                    {"origin_lsn", optional(kind::int64)}});
}

connect_schema transaction_block_schema() {
  return as_optional(structure("event.block", 1,
                               {{"id", required(kind::string)},
                                {"total_order", required(kind::int64)},
                                {"data_collection_order", required(kind::int64)}}));
}

connect_schema message_key_schema() {
  return structure("io.debezium.connector.postgresql.MessageKey", 1, {{"prefix", optional(kind::string)}});
}

connect_schema message_value_schema() {
  return structure(
      "io.debezium.connector.postgresql.MessageValue", 1,
      {{"op", required(kind::string)},
       {"ts_ms", optional(kind::int64)},
       {"source", source_schema()},
       {"transaction", transaction_block_schema()},
       {"message", structure("io.debezium.connector.postgresql.Message", 1,
                             {{"prefix", optional(kind::string)}, {"content", optional(kind::bytes)}})}});
}

connect_schema transaction_key_schema() {
  return structure("io.debezium.connector.common.TransactionMetadataKey", 1, {{"id", required(kind::string)}});
}

connect_schema transaction_value_schema() {
  const auto collection = std::make_shared<const connect_schema>(as_optional(
      structure("event.collection", 1,
                {{"data_collection", required(kind::string)}, {"event_count", required(kind::int64)}})));
  connect_schema collections = optional(kind::array);
  collections.items = collection;
  return structure("io.debezium.connector.common.TransactionMetadataValue", 1,
                   {{"status", required(kind::string)},
                    {"id", required(kind::string)},
                    {"event_count", optional(kind::int64)},
                    {"data_collections", std::move(collections)},
                    {"ts_ms", required(kind::int64)}});
}

connect_schema heartbeat_key_schema() {
  return structure("io.debezium.connector.common.ServerNameKey", 1, {{"serverName", required(kind::string)}});
}

connect_schema heartbeat_value_schema() {
  return structure("io.debezium.connector.common.Heartbeat", 1, {{"ts_ms", required(kind::int64)}});
}

}  // namespace weir::encode
