#pragma once

#include <base/log.hpp>
#include <base/size.hpp>
#include <config/document.hpp>
#include <config/secret.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir::config {

using duration = std::chrono::milliseconds;

enum class sink_kind { kafka, standard_output };
enum class state_kind { kafka, file, none };
enum class compat_kind { none, debezium };
enum class decimal_kind { precise, real_number, string };
enum class time_kind { adaptive, adaptive_time_microseconds, connect, isostring, microseconds, nanoseconds };
enum class binary_kind { bytes, base64, base64_url_safe, hex };
enum class interval_kind { numeric, string };
enum class hstore_kind { json, map };
enum class unknown_kind { text, absent, binary };
enum class snapshot_kind { initial, never, always, only };
enum class log_form { automatic, text, json };  ///< automatic: text on a terminal, else json

/// Where the admin endpoint listens. `host` is an address or a name, without the brackets of IPv6.
struct listen_address {
  std::string host;
  std::uint16_t port = 0;  ///< 0: any free port
};

/// Everything that the environment decides, checked. Filled by `load`, which takes each default from the table;
/// nothing changes it afterwards. The member's setting is in the comment; its meaning is in the table.
struct settings {
  // PostgreSQL. What neither of the first three says is libpq's own default.
  secret postgres;                           ///< WEIR_POSTGRES: conninfo or URL
  std::map<std::string, std::string> libpq;  ///< PG* as given, without the password
  secret postgres_password;                  ///< PGPASSWORD
  std::string slot;                          ///< WEIR_SLOT
  std::string publication;                   ///< WEIR_PUBLICATION
  std::vector<std::string> tables;  ///< WEIR_TABLES, or all that listeners name; empty: all of the publication
  bool may_create = true;           ///< WEIR_CREATE: slot, publication and topics
  bytes max_row = 0;                ///< WEIR_MAX_ROW

  // Kafka.
  std::vector<std::string> brokers;                ///< WEIR_BROKERS: host:port
  std::map<std::string, secret> kafka;             ///< WEIR_KAFKA_*: by the variable's name, _FILE taken off
  std::optional<std::uint32_t> topic_partitions;   ///< WEIR_TOPIC_PARTITIONS; none: the broker's
  std::optional<std::uint32_t> topic_replication;  ///< WEIR_TOPIC_REPLICATION; none: the broker's

  // What is written where.
  sink_kind sink = sink_kind::kafka;     ///< WEIR_SINK
  std::string topic_prefix;              ///< WEIR_TOPIC_PREFIX
  std::string topic;                     ///< WEIR_TOPIC: {prefix} is filled in; {schema} and {table} remain
  std::string dead_letter_topic;         ///< WEIR_DEAD_LETTER_TOPIC: filled in
  bool tombstones = true;                ///< WEIR_TOMBSTONES
  state_kind state = state_kind::kafka;  ///< WEIR_STATE
  std::string state_path;                ///< the PATH of file:PATH
  std::string state_topic;               ///< {prefix}.state

  // Listeners and targets.
  std::string config;                 ///< WEIR_CONFIG: the document or its path, as given
  config::document document;          ///< never empty: without WEIR_CONFIG what the settings above say
  std::string spill;                  ///< WEIR_SPILL: a directory; empty: no spilling
  bytes spill_limit = 0;              ///< WEIR_SPILL_LIMIT
  bool transaction_metadata = false;  ///< WEIR_TRANSACTION_METADATA
  std::string transaction_topic;      ///< {prefix}.transaction: BEGIN and END, where metadata is on

  // Values and formats. The modes are settled: what is not given depends on compat.
  config::format format = config::format::debezium;  ///< WEIR_FORMAT
  compat_kind compat = compat_kind::none;            ///< WEIR_COMPAT
  decimal_kind decimals = decimal_kind::string;      ///< WEIR_DECIMALS
  time_kind times = time_kind::adaptive;             ///< WEIR_TIMES
  binary_kind binary = binary_kind::bytes;           ///< WEIR_BINARY
  interval_kind intervals = interval_kind::string;   ///< WEIR_INTERVALS
  hstore_kind hstore = hstore_kind::json;            ///< WEIR_HSTORE
  unknown_kind unknown_types = unknown_kind::text;   ///< WEIR_UNKNOWN_TYPES
  std::uint64_t money_fraction_digits = 0;           ///< WEIR_MONEY_FRACTION_DIGITS
  std::string unavailable;                           ///< WEIR_UNAVAILABLE
  secret mask_salt;                                  ///< WEIR_MASK_SALT
  std::vector<std::string> registry;                 ///< WEIR_SCHEMA_REGISTRY
  std::string registry_user;                         ///< WEIR_SCHEMA_REGISTRY_USER
  secret registry_password;                          ///< WEIR_SCHEMA_REGISTRY_PASSWORD

  // Snapshot and slot.
  snapshot_kind snapshot = snapshot_kind::initial;  ///< WEIR_SNAPSHOT
  std::uint64_t snapshot_connections = 0;           ///< WEIR_SNAPSHOT_CONNECTIONS
  duration heartbeat{};                             ///< WEIR_HEARTBEAT; zero: none
  std::string heartbeat_topic;                      ///< WEIR_HEARTBEAT_TOPIC: filled in; empty: none
  bool failover_slot = false;                       ///< WEIR_FAILOVER_SLOT

  // Limits and times.
  bytes memory = 0;            ///< WEIR_MEMORY
  duration lane_idle{};        ///< WEIR_LANE_IDLE
  duration stop_timeout{};     ///< WEIR_STOP_TIMEOUT
  duration stall_after{};      ///< WEIR_STALL_AFTER
  duration hang_up_after{};    ///< WEIR_HANG_UP_AFTER
  duration permanent_grace{};  ///< WEIR_PERMANENT_GRACE
  duration connect_timeout{};  ///< WEIR_CONNECT_TIMEOUT
  duration retry_min{};        ///< WEIR_RETRY_MIN
  duration retry_max{};        ///< WEIR_RETRY_MAX

  // The admin endpoint.
  listen_address http;                 ///< WEIR_HTTP
  secret http_token;                   ///< WEIR_HTTP_TOKEN
  bytes http_header_limit = 0;         ///< WEIR_HTTP_HEADER_LIMIT
  duration http_idle_timeout{};        ///< WEIR_HTTP_IDLE_TIMEOUT
  duration http_request_timeout{};     ///< WEIR_HTTP_REQUEST_TIMEOUT
  std::uint64_t http_connections = 0;  ///< WEIR_HTTP_CONNECTIONS

  // Logging.
  log::level log_level = log::level::info;    ///< WEIR_LOG
  log_form log_format = log_form::automatic;  ///< WEIR_LOG_FORMAT
};

}  // namespace weir::config
