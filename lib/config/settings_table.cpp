#include <config/assign.hpp>
#include <config/settings_table.hpp>
#include <config/value_settings.hpp>
#include <config/words.hpp>

#include <base/size.hpp>

#include <algorithm>
#include <iterator>

namespace weir::config {
namespace {

constexpr std::string_view postgres = "PostgreSQL";
constexpr std::string_view kafka = "Kafka";
constexpr std::string_view topics = "Topics and sink";
constexpr std::string_view routing = "Listeners and targets";
constexpr std::string_view limits = "Limits and times";
constexpr std::string_view http = "HTTP";
constexpr std::string_view logging = "Logging";

constexpr std::uint64_t second = 1000;
constexpr std::uint64_t minute = 60 * second;
constexpr std::uint64_t hour = 60 * minute;
constexpr std::uint64_t gibibyte = 1024 * mebibyte;

setting libpq(std::string_view name, std::string_view description) {
  return {.name = name,
          .group = postgres,
          .shown_default = "libpq's",
          .description = description,
          .assign = put_libpq};
}

std::vector<setting> postgres_settings() {
  using enum setting_type;
  return {
      {.name = "WEIR_POSTGRES",
       .group = postgres,
       .type = secret,
       .shown_default = "the PG* variables",
       .description =
           "The source as a URL or a conninfo string. What it leaves open comes from the PG* variables.",
       .assign = put_postgres},
      libpq("PGHOST",
            "Host names or addresses of the source, or the directory of its socket; several with commas."),
      libpq("PGHOSTADDR", "Addresses, where names are not to be resolved."),
      libpq("PGPORT", "Port."),
      libpq("PGUSER", "User; needs the attribute REPLICATION and SELECT on the tables."),
      {.name = "PGPASSWORD",
       .group = postgres,
       .type = secret,
       .shown_default = "none",
       .description = "Password. A file is read again at every connection.",
       .assign = put_secret<&settings::postgres_password>},
      libpq("PGDATABASE", "Database whose changes are taken."),
      libpq("PGSSLMODE", "disable, allow, prefer, require, verify-ca or verify-full."),
      libpq("PGSSLROOTCERT", "File of the authorities that may sign the server's certificate, or `system`."),
      libpq("PGSSLCERT", "File of the client's certificate."),
      libpq("PGSSLKEY", "File of the client's key."),
      libpq("PGSSLCRL", "File of revoked certificates."),
      libpq("PGSSLCRLDIR", "Directory of revoked certificates."),
      libpq("PGSSLSNI", "Whether TLS names the host to the server (1 or 0)."),
      libpq("PGSSLNEGOTIATION", "How TLS begins: postgres or direct."),
      libpq("PGSSLCERTMODE", "Whether a client's certificate is sent."),
      libpq("PGSSLCOMPRESSION", "Compression inside TLS (1 or 0)."),
      libpq("PGSSLMINPROTOCOLVERSION", "Oldest TLS version."),
      libpq("PGSSLMAXPROTOCOLVERSION", "Newest TLS version."),
      libpq("PGGSSENCMODE", "GSSAPI encryption: disable, prefer or require."),
      libpq("PGGSSLIB", "GSSAPI library."),
      libpq("PGGSSDELEGATION", "Whether GSSAPI credentials are delegated."),
      libpq("PGKRBSRVNAME", "Kerberos service name."),
      libpq("PGCHANNELBINDING", "disable, prefer or require."),
      libpq("PGREQUIREAUTH", "Which ways of authentication are accepted."),
      libpq("PGREQUIREPEER", "User that the server's process must run as, on a Unix socket."),
      libpq("PGREQUIRESSL", "Old form of PGSSLMODE=require."),
      libpq("PGPASSFILE", "Password file in libpq's own format."),
      libpq("PGSERVICE", "Name of a section of the service file."),
      libpq("PGSERVICEFILE", "The service file."),
      libpq("PGSYSCONFDIR", "Directory of the system's service file."),
      libpq("PGTARGETSESSIONATTRS",
            "Which of several hosts will do; Weir asks for the primary unless this says otherwise."),
      libpq("PGLOADBALANCEHOSTS", "Order in which several hosts are tried."),
      libpq("PGAPPNAME", "Name in pg_stat_replication."),
      libpq("PGCONNECT_TIMEOUT", "Seconds for each host; WEIR_CONNECT_TIMEOUT bounds the whole."),
      libpq("PGMINPROTOCOLVERSION", "Oldest protocol version."),
      libpq("PGMAXPROTOCOLVERSION", "Newest protocol version."),
      {.name = "WEIR_SLOT",
       .group = postgres,
       .default_text = "weir",
       .description = "Replication slot. Made when the state holds no position for it.",
       .assign = put_checked_text<&settings::slot, check_slot_name>},
      {.name = "WEIR_PUBLICATION",
       .group = postgres,
       .default_text = "weir",
       .description = "Publication. Made only together with a new slot.",
       .assign = put_checked_text<&settings::publication, check_publication_name>},
      {.name = "WEIR_TABLES",
       .group = postgres,
       .type = list,
       .shown_default = "all of the publication",
       .description = "Tables to take, as schema.table with commas between; * matches within a name.",
       .assign = put_checked_list<&settings::tables, check_table_pattern>},
      {.name = "WEIR_CREATE",
       .group = postgres,
       .type = on_off,
       .default_text = "on",
       .description = "off: slot, publication and topics must exist.",
       .assign = put_on_off<&settings::may_create>},
      {.name = "WEIR_MAX_ROW",
       .group = postgres,
       .type = size,
       .default_text = "256MiB",
       .least = kibibyte,
       .most = gibibyte,
       .description = "A larger row stops the stream with its table and LSN.",
       .assign = put_number<&settings::max_row>},
  };
}

std::vector<setting> kafka_settings() {
  using enum setting_type;
  return {
      {.name = "WEIR_BROKERS",
       .group = kafka,
       .type = list,
       .shown_default = "none; required unless the sink is stdout",
       .description = "Bootstrap servers, host:port with commas between.",
       .assign = put_checked_list<&settings::brokers, check_broker>},
      {.name = "WEIR_KAFKA_*",
       .group = kafka,
       .shown_default = "librdkafka's",
       .description =
           "Any property of librdkafka, with _ for each dot: WEIR_KAFKA_SECURITY_PROTOCOL is "
           "security.protocol. Passwords, keys and client secrets also as NAME_FILE. Properties that Weir's "
           "guarantees rest on are refused by name."},
      {.name = "WEIR_TOPIC_PARTITIONS",
       .group = kafka,
       .type = count,
       .shown_default = "the broker's",
       .least = 1,
       .most = 10'000,
       .description = "Partitions of a topic that Weir makes.",
       .assign = put_count<&settings::topic_partitions>},
      {.name = "WEIR_TOPIC_REPLICATION",
       .group = kafka,
       .type = count,
       .shown_default = "the broker's",
       .least = 1,
       .most = 100,
       .description = "Replication factor of a topic that Weir makes.",
       .assign = put_count<&settings::topic_replication>},
  };
}

std::vector<setting> topic_settings() {
  using enum setting_type;
  return {
      {.name = "WEIR_SINK",
       .group = topics,
       .type = choice,
       .default_text = "kafka",
       .choices = {"kafka", "stdout"},
       .description =
           "stdout: one JSON document a line, for trying things out and for pipes; dead letters go to "
           "standard error.",
       .assign = put_choice<&settings::sink>},
      {.name = "WEIR_TOPIC_PREFIX",
       .group = topics,
       .default_text = "weir",
       .description = "What {prefix} stands for.",
       .assign = put_checked_text<&settings::topic_prefix, check_topic_name>},
      {.name = "WEIR_TOPIC",
       .group = topics,
       .default_text = "{prefix}.{schema}.{table}",
       .description = "Topic of a change. Fields: {prefix}, {schema}, {table}.",
       .assign = put_topic},
      {.name = "WEIR_TOMBSTONES",
       .group = topics,
       .type = on_off,
       .default_text = "on",
       .description = "A null record after each delete, so that a compacted topic forgets the key.",
       .assign = put_on_off<&settings::tombstones>},
      {.name = "WEIR_DEAD_LETTER_TOPIC",
       .group = topics,
       .default_text = "{prefix}.dead-letters",
       .description = "Where records go that can never be delivered, with their error. Field: {prefix}.",
       .assign = put_dead_letter_topic},
      {.name = "WEIR_STATE",
       .group = topics,
       .shown_default = "kafka; none when the sink is stdout",
       .description = "Where the position is kept: kafka (the topic {prefix}.state), file:PATH or none.",
       .assign = put_state},
  };
}

std::vector<setting> routing_settings() {
  using enum setting_type;
  return {
      {.name = "WEIR_CONFIG",
       .group = routing,
       .shown_default = "none: one listener takes everything, for one target",
       .description =
           "The document of listeners and targets: a path, or the document itself when it begins with {. It "
           "takes the place of WEIR_TABLES and WEIR_TOPIC.",
       .assign = put_text<&settings::config>},
      {.name = "WEIR_SPILL",
       .group = routing,
       .shown_default = "none",
       .description =
           "Directory for transactions that are grouped and larger than their share of WEIR_MEMORY. Its files "
           "are unlinked at once, so that nothing stays after a crash.",
       .assign = put_text<&settings::spill>},
      {.name = "WEIR_SPILL_LIMIT",
       .group = routing,
       .type = size,
       .default_text = "1GiB",
       .least = mebibyte,
       .most = 1024 * gibibyte,
       .description = "A grouped transaction that needs more of WEIR_SPILL stops the stream.",
       .assign = put_number<&settings::spill_limit>},
      {.name = "WEIR_TRANSACTION_METADATA",
       .group = routing,
       .type = on_off,
       .default_text = "off",
       .description =
           "on: records carry Debezium's transaction block, and BEGIN and END of each transaction go to the "
           "topic {prefix}.transaction.",
       .assign = put_on_off<&settings::transaction_metadata>},
  };
}

std::vector<setting> limit_settings() {
  using enum setting_type;
  return {
      {.name = "WEIR_MEMORY",
       .group = limits,
       .type = size,
       .default_text = "32MiB",
       .least = 4 * mebibyte,
       .most = 64 * gibibyte,
       .description = "Bound of all changes in flight, from the socket to the broker's report.",
       .assign = put_number<&settings::memory>},
      {.name = "WEIR_LANE_IDLE",
       .group = limits,
       .type = duration,
       .default_text = "60s",
       .least = 100,
       .most = 24 * hour,
       .description = "A topic's lane is given up after this long without a record.",
       .assign = put_duration<&settings::lane_idle>},
      {.name = "WEIR_STOP_TIMEOUT",
       .group = limits,
       .type = duration,
       .default_text = "8s",
       .least = 500,
       .most = 10 * minute,
       .description =
           "A stop that takes longer is forced (exit code 3). Keep it below what kills the container.",
       .assign = put_duration<&settings::stop_timeout>},
      {.name = "WEIR_STALL_AFTER",
       .group = limits,
       .type = duration,
       .default_text = "10s",
       .least = 100,
       .most = hour,
       .description = "/ready turns red when records wait this long without any delivery report.",
       .assign = put_duration<&settings::stall_after>},
      {.name = "WEIR_HANG_UP_AFTER",
       .group = limits,
       .type = duration,
       .default_text = "60s",
       .least = 200,
       .most = 24 * hour,
       .description =
           "After this long without any delivery report the replication connection is given up until all is "
           "settled, so that the server can shut down.",
       .assign = put_duration<&settings::hang_up_after>},
      {.name = "WEIR_PERMANENT_GRACE",
       .group = limits,
       .type = duration,
       .default_text = "60s",
       .least = 1,
       .most = 24 * hour,
       .description = "How long errors are retried that an operator must mend, such as a wrong password.",
       .assign = put_duration<&settings::permanent_grace>},
      {.name = "WEIR_CONNECT_TIMEOUT",
       .group = limits,
       .type = duration,
       .default_text = "10s",
       .least = 100,
       .most = 10 * minute,
       .description = "One attempt to connect to PostgreSQL, name resolution included.",
       .assign = put_duration<&settings::connect_timeout>},
      {.name = "WEIR_RETRY_MIN",
       .group = limits,
       .type = duration,
       .default_text = "100ms",
       .least = 1,
       .most = minute,
       .description = "First wait before another attempt; each further one is twice as long, with jitter.",
       .assign = put_duration<&settings::retry_min>},
      {.name = "WEIR_RETRY_MAX",
       .group = limits,
       .type = duration,
       .default_text = "30s",
       .least = 1,
       .most = hour,
       .description = "Longest wait before another attempt.",
       .assign = put_duration<&settings::retry_max>},
  };
}

std::vector<setting> http_settings() {
  using enum setting_type;
  return {
      {.name = "WEIR_HTTP",
       .group = http,
       .default_text = "127.0.0.1:8080",
       .description = "Address and port of probes, metrics, tasks and status. Port 0 takes any free one.",
       .assign = put_http},
      {.name = "WEIR_HTTP_TOKEN",
       .group = http,
       .type = secret,
       .shown_default = "none",
       .description =
           "Bearer token for all but the probes. Without it an address that is not loopback answers only "
           "probes and /metrics.",
       .assign = put_secret<&settings::http_token>},
      {.name = "WEIR_HTTP_HEADER_LIMIT",
       .group = http,
       .type = size,
       .default_text = "8KiB",
       .least = 512,
       .most = mebibyte,
       .description = "A request's header above it is answered with 431.",
       .assign = put_number<&settings::http_header_limit>},
      {.name = "WEIR_HTTP_IDLE_TIMEOUT",
       .group = http,
       .type = duration,
       .default_text = "60s",
       .least = 100,
       .most = hour,
       .description = "A connection without a request is closed after it.",
       .assign = put_duration<&settings::http_idle_timeout>},
      {.name = "WEIR_HTTP_REQUEST_TIMEOUT",
       .group = http,
       .type = duration,
       .default_text = "10s",
       .least = 100,
       .most = 10 * minute,
       .description = "Time for a request to arrive whole (408) and for its answer to be taken.",
       .assign = put_duration<&settings::http_request_timeout>},
      {.name = "WEIR_HTTP_CONNECTIONS",
       .group = http,
       .type = count,
       .default_text = "256",
       .least = 1,
       .most = 10'000,
       .description = "More connections are answered with 503; a few are kept for probes.",
       .assign = put_number<&settings::http_connections>},
  };
}

std::vector<setting> logging_settings() {
  using enum setting_type;
  return {
      {.name = "WEIR_LOG",
       .group = logging,
       .type = choice,
       .default_text = "info",
       .choices = {"debug", "info", "warn", "error"},
       .description = "Least level that is written, to standard error.",
       .assign = put_choice<&settings::log_level>},
      {.name = "WEIR_LOG_FORMAT",
       .group = logging,
       .type = choice,
       .default_text = "auto",
       .choices = {"auto", "text", "json"},
       .description = "auto: text on a terminal, json elsewhere.",
       .assign = put_choice<&settings::log_format>},
  };
}

std::vector<setting> whole_table() {
  std::vector<setting> all;
  for (auto part :
       {postgres_settings(), snapshot_settings(), kafka_settings(), topic_settings(), routing_settings(),
        value_settings(), limit_settings(), http_settings(), logging_settings()}) {
    std::move(part.begin(), part.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace

std::span<const setting> settings_table() {
  static const auto table = whole_table();
  return table;
}

const setting* find_setting(std::string_view name) {
  const auto table = settings_table();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const auto& each) { return each.name == name; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace weir::config
