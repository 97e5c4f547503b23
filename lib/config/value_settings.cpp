#include <config/assign.hpp>
#include <config/value_settings.hpp>
#include <config/words.hpp>

namespace weir::config {
namespace {

constexpr std::string_view values = "Values and formats";
constexpr std::string_view snapshot = "Snapshot and slot";

constexpr std::uint64_t second = 1000;
constexpr std::uint64_t hour = 3600 * second;

}  // namespace

std::vector<setting> value_settings() {
  using enum setting_type;
  return {
      {.name = "WEIR_FORMAT",
       .group = values,
       .type = choice,
       .default_text = "debezium",
       .choices = {"debezium", "debezium+schema", "flat", "cloudevents", "avro"},
       .description =
           "How records are written, unless a target says otherwise: Debezium's envelope as JSON, the same "
           "with "
           "the schema of Kafka Connect's JsonConverter, the new row alone, CloudEvents, or Avro with a schema "
           "registry.",
       .assign = put_choice<&settings::format>},
      {.name = "WEIR_COMPAT",
       .group = values,
       .type = choice,
       .default_text = "none",
       .choices = {"none", "debezium"},
       .description =
           "debezium: Debezium's own defaults for the handling modes, its context headers, and its quirks: a "
           "column's default in place of NULL, columns of unknown types left out.",
       .assign = put_choice<&settings::compat>},
      {.name = "WEIR_DECIMALS",
       .group = values,
       .type = choice,
       .shown_default = "string; precise with WEIR_COMPAT=debezium",
       .choices = {"precise", "double", "string"},
       .description =
           "numeric, decimal and money: base64 of the unscaled number, a floating-point number, or all digits.",
       .assign = put_choice<&settings::decimals>},
      {.name = "WEIR_TIMES",
       .group = values,
       .type = choice,
       .default_text = "adaptive",
       .choices = {"adaptive", "adaptive_time_microseconds", "connect", "isostring", "microseconds",
                   "nanoseconds"},
       .description = "date, time and timestamp: numbers by the column's precision, in one unit, or ISO 8601.",
       .assign = put_choice<&settings::times>},
      {.name = "WEIR_BINARY",
       .group = values,
       .type = choice,
       .default_text = "bytes",
       .choices = {"bytes", "base64", "base64-url-safe", "hex"},
       .description = "bytea: bytes (base64 in JSON), or text of one of these forms.",
       .assign = put_choice<&settings::binary>},
      {.name = "WEIR_INTERVALS",
       .group = values,
       .type = choice,
       .shown_default = "string; numeric with WEIR_COMPAT=debezium",
       .choices = {"numeric", "string"},
       .description = "interval: microseconds with months of 30.4375 days, or ISO 8601.",
       .assign = put_choice<&settings::intervals>},
      {.name = "WEIR_HSTORE",
       .group = values,
       .type = choice,
       .default_text = "json",
       .choices = {"json", "map"},
       .description = "hstore: a text that is a JSON object, or an object.",
       .assign = put_choice<&settings::hstore>},
      {.name = "WEIR_UNKNOWN_TYPES",
       .group = values,
       .type = choice,
       .shown_default = "text; absent with WEIR_COMPAT=debezium",
       .choices = {"text", "absent", "binary"},
       .description =
           "Types that Debezium does not know: PostgreSQL's text, columns left out, or the text's bytes in the "
           "form of WEIR_BINARY.",
       .assign = put_choice<&settings::unknown_types>},
      {.name = "WEIR_MONEY_FRACTION_DIGITS",
       .group = values,
       .type = count,
       .default_text = "2",
       .least = 0,
       .most = 10,
       .description = "Digits of money after the point.",
       .assign = put_number<&settings::money_fraction_digits>},
      {.name = "WEIR_UNAVAILABLE",
       .group = values,
       .default_text = "__debezium_unavailable_value",
       .description =
           "Stands for a large value that an UPDATE left alone and the server therefore did not send.",
       .assign = put_text<&settings::unavailable>},
      {.name = "WEIR_MASK_SALT",
       .group = values,
       .type = secret,
       .shown_default = "none",
       .description = "What is hashed with each value of a column that a listener masks by hash.",
       .assign = put_secret<&settings::mask_salt>},
      {.name = "WEIR_SCHEMA_REGISTRY",
       .group = values,
       .type = list,
       .shown_default = "none",
       .description = "Schema registry of the format avro: http:// or https:// addresses with commas between.",
       .assign = put_checked_list<&settings::registry, check_url>},
      {.name = "WEIR_SCHEMA_REGISTRY_USER",
       .group = values,
       .shown_default = "none",
       .description = "User of the schema registry.",
       .assign = put_text<&settings::registry_user>},
      {.name = "WEIR_SCHEMA_REGISTRY_PASSWORD",
       .group = values,
       .type = secret,
       .shown_default = "none",
       .description = "Password of that user.",
       .assign = put_secret<&settings::registry_password>},
  };
}

std::vector<setting> snapshot_settings() {
  using enum setting_type;
  return {
      {.name = "WEIR_SNAPSHOT",
       .group = snapshot,
       .type = choice,
       .default_text = "initial",
       .choices = {"initial", "never", "always", "only"},
       .description =
           "initial: rows that exist are read once, when the state holds neither a position nor a snapshot's "
           "progress. always: at every start. only: the process ends after it.",
       .assign = put_choice<&settings::snapshot>},
      {.name = "WEIR_SNAPSHOT_CONNECTIONS",
       .group = snapshot,
       .type = count,
       .default_text = "2",
       .least = 1,
       .most = 64,
       .description = "Connections that read a snapshot side by side.",
       .assign = put_number<&settings::snapshot_connections>},
      {.name = "WEIR_HEARTBEAT",
       .group = snapshot,
       .type = duration,
       .default_text = "0s",
       .least = 0,
       .most = 24 * hour,
       .description =
           "0s: none. A logical message is written to the database this often and waited for in the stream. "
           "Not needed to "
           "keep the slot moving; it proves the whole way.",
       .assign = put_duration<&settings::heartbeat>},
      {.name = "WEIR_HEARTBEAT_TOPIC",
       .group = snapshot,
       .shown_default = "none",
       .description = "Topic of Debezium's heartbeat records, written as often as WEIR_HEARTBEAT says; "
                      "Debezium's own name "
                      "is __debezium-heartbeat.{prefix}. Field: {prefix}.",
       .assign = put_text<&settings::heartbeat_topic>},
      {.name = "WEIR_FAILOVER_SLOT",
       .group = snapshot,
       .type = on_off,
       .default_text = "off",
       .description = "on: a slot that Weir makes is synchronised to standbys (PostgreSQL 17 and later).",
       .assign = put_on_off<&settings::failover_slot>},
  };
}

}  // namespace weir::config
