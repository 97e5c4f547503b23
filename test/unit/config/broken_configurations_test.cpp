#include <config/config.hpp>

#include <catch2/catch_test_macros.hpp>

#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using weir::config::environment;
using weir::config::load;

namespace {

/// What a user set, and the exact line that the user then reads.
struct broken {
  environment set;
  std::string message;
};

const std::string name_65(65, 'a');
const std::string name_250(250, 't');

const std::vector<broken>& table() {
  static const std::vector<broken> rows{
      // What is missing, and names that are nobody's.
      {{{"WEIR_BROKERS", ""}},
       "WEIR_BROKERS is not set; name the bootstrap servers, such as kafka-1:9092,kafka-2:9092"},
      {{{"WEIR_SLOTT", "orders"}}, "WEIR_SLOTT is not a setting; did you mean WEIR_SLOT?"},
      {{{"WEIR_BROKER", "kafka:9092"}}, "WEIR_BROKER is not a setting; did you mean WEIR_BROKERS?"},
      {{{"WEIR_HTPP_TOKEN", "swordfish"}}, "WEIR_HTPP_TOKEN is not a setting; did you mean WEIR_HTTP_TOKEN?"},
      {{{"WEIR_FROBNICATE_WIDGETS", "1"}},
       "WEIR_FROBNICATE_WIDGETS is not a setting; `weir settings` lists all"},
      {{{"WEIR_SLOT_FILE", "/etc/slot"}},
       "WEIR_SLOT_FILE is not a setting: only secrets are read from files; set WEIR_SLOT"},
      {{{"WEIR_HTTP_PORT", "8080"}}, "WEIR_HTTP_PORT is not a setting; did you mean WEIR_HTTP?"},

      // Values that their type refuses.
      {{{"WEIR_MEMORY", "10"}},
       R"(WEIR_MEMORY="10" needs a unit; write a whole number with B, KiB, MiB or GiB, such as 32MiB)"},
      {{{"WEIR_MEMORY", "64MB"}},
       R"(WEIR_MEMORY="64MB" has the unknown unit 'MB'; write a whole number with B, KiB, MiB or GiB, such as 32MiB)"},
      {{{"WEIR_MEMORY", "1MiB"}}, R"(WEIR_MEMORY="1MiB" is too small; the least is 4MiB)"},
      {{{"WEIR_MEMORY", "1000GiB"}}, R"(WEIR_MEMORY="1000GiB" is too large; the most is 64GiB)"},
      {{{"WEIR_MEMORY", "lots"}},
       R"(WEIR_MEMORY="lots" is not a whole number with a unit; write a whole number with B, KiB, MiB or GiB, such as 32MiB)"},
      {{{"WEIR_MEMORY", "99999999999999999999MiB"}},
       R"(WEIR_MEMORY="99999999999999999999MiB" is too large a number; write a whole number with B, KiB, MiB or GiB, such as 32MiB)"},
      {{{"WEIR_MEMORY", "-8MiB"}},
       R"(WEIR_MEMORY="-8MiB" is not a whole number with a unit; write a whole number with B, KiB, MiB or GiB, such as 32MiB)"},
      {{{"WEIR_MAX_ROW", "2GiB"}}, R"(WEIR_MAX_ROW="2GiB" is too large; the most is 1GiB)"},
      {{{"WEIR_LANE_IDLE", "1.5s"}},
       R"(WEIR_LANE_IDLE="1.5s" is not a whole number with a unit; write a whole number with ms, s, m or h, such as 10s)"},
      {{{"WEIR_STOP_TIMEOUT", "8 fortnights"}},
       R"(WEIR_STOP_TIMEOUT="8 fortnights" has the unknown unit 'fortnights'; write a whole number with ms, s, m or h, such as 10s)"},
      {{{"WEIR_STOP_TIMEOUT", "1ms"}}, R"(WEIR_STOP_TIMEOUT="1ms" is too small; the least is 500ms)"},
      {{{"WEIR_STOP_TIMEOUT", "2h"}}, R"(WEIR_STOP_TIMEOUT="2h" is too large; the most is 10m)"},
      {{{"WEIR_CREATE", "yes"}}, R"(WEIR_CREATE="yes" is neither on nor off; write on or off)"},
      {{{"WEIR_TOMBSTONES", "1"}}, R"(WEIR_TOMBSTONES="1" is neither on nor off; write on or off)"},
      {{{"WEIR_SINK", "rabbit"}}, R"(WEIR_SINK="rabbit" is not one of the choices; choose kafka, stdout)"},
      {{{"WEIR_LOG", "verbose"}},
       R"(WEIR_LOG="verbose" is not one of the choices; choose debug, info, warn, error)"},
      {{{"WEIR_TOPIC_PARTITIONS", "three"}},
       R"(WEIR_TOPIC_PARTITIONS="three" is not a whole number; write digits only)"},
      {{{"WEIR_TOPIC_REPLICATION", "0"}}, R"(WEIR_TOPIC_REPLICATION="0" is too small; the least is 1)"},
      {{{"WEIR_TABLES", " , "}}, R"(WEIR_TABLES=" , " names nothing; separate the parts by commas)"},

      // Names that PostgreSQL or Kafka would refuse.
      {{{"WEIR_SLOT", "Orders"}},
       R"(WEIR_SLOT="Orders" holds 'O'; a slot's name is made of lower-case letters, digits and _)"},
      {{{"WEIR_SLOT", name_65}},
       "WEIR_SLOT=\"" + name_65.substr(0, 60) + "...\" has 65 characters; a slot's name has at most 63"},
      {{{"WEIR_PUBLICATION", "one,two"}},
       R"(WEIR_PUBLICATION="one,two" holds ','; name one publication, without spaces, quotes and commas)"},
      {{{"WEIR_TABLES", "public.orders,customers"}},
       R"(WEIR_TABLES="public.orders,customers" names the table 'customers'; write each as schema.table; * stands for any part of a name, as in public.order_*)"},
      {{{"WEIR_TOPIC", "{prefix}.{tabel}"}},
       R"(WEIR_TOPIC="{prefix}.{tabel}" names the unknown field {tabel}; use only {prefix}, {schema}, {table})"},
      {{{"WEIR_TOPIC", "{prefix}.{table"}},
       R"(WEIR_TOPIC="{prefix}.{table" has a brace without its partner; write fields as {prefix}, {schema}, {table})"},
      {{{"WEIR_TOPIC", "orders/{table}"}},
       R"(WEIR_TOPIC="orders/{table}" holds '/'; a topic's name is made of letters, digits, '.', '_' and '-')"},
      {{{"WEIR_TOPIC", name_250}},
       "WEIR_TOPIC=\"" + name_250.substr(0, 60) + "...\" has 250 characters; a topic's name has at most 249"},
      {{{"WEIR_TOPIC_PREFIX", ".."}},
       R"(WEIR_TOPIC_PREFIX=".." is no topic name; Kafka keeps . and .. for itself)"},
      {{{"WEIR_DEAD_LETTER_TOPIC", "dead.{table}"}},
       R"(WEIR_DEAD_LETTER_TOPIC="dead.{table}" names the unknown field {table}; use only {prefix})"},
      {{{"WEIR_BROKERS", "kafka:http"}},
       R"(WEIR_BROKERS="kafka:http" has the port 'http'; a port is a number from 1 to 65535)"},
      {{{"WEIR_BROKERS", "kafka-1:9092,:9092"}},
       R"(WEIR_BROKERS="kafka-1:9092,:9092" names no host in ':9092'; write host:port, such as kafka-1:9092)"},
      {{{"WEIR_BROKERS", "SASL_SSL://kafka:9092"}},
       R"(WEIR_BROKERS="SASL_SSL://kafka:9092" holds a scheme in 'SASL_SSL://kafka:9092'; write host:port, such as kafka-1:9092)"},
      {{{"WEIR_BROKERS", "fe80::1:9092"}},
       R"(WEIR_BROKERS="fe80::1:9092" holds an IPv6 address without brackets in 'fe80::1:9092'; write [address]:port)"},
      {{{"WEIR_HTTP", "8080"}},
       R"(WEIR_HTTP="8080" has no port in '8080'; write host:port, such as 0.0.0.0:8080)"},
      {{{"WEIR_HTTP", "[::1]:99999"}},
       R"(WEIR_HTTP="[::1]:99999" has the port '99999'; a port is a number from 1 to 65535, or 0 for any free one)"},
      {{{"WEIR_HTTP", "weir.example:8080"}},
       R"(WEIR_HTTP="weir.example:8080" names the host 'weir.example'; an address is needed here, such as 0.0.0.0:8080)"},
      {{{"WEIR_STATE", "redis"}},
       R"(WEIR_STATE="redis" is no place for the position; write kafka, file:PATH or none)"},
      {{{"WEIR_STATE", "file:"}},
       R"(WEIR_STATE="file:" is no place for the position; write kafka, file:PATH or none)"},

      // Secrets: their values are nowhere to be read.
      {{{"WEIR_POSTGRES", "swordfish"}},
       "WEIR_POSTGRES=(hidden) is neither a URL nor a conninfo string; write postgresql://user@host/database "
       "or "
       "host=... dbname=..."},
      {{{"PGPASSWORD", "swordfish"}, {"PGPASSWORD_FILE", "/run/secrets/password"}},
       "PGPASSWORD=(hidden) is set, and PGPASSWORD_FILE too; keep one of the two"},
      {{{"WEIR_HTTP_TOKEN_FILE", "/nowhere/token"}},
       R"(WEIR_HTTP_TOKEN_FILE="/nowhere/token" cannot be read; check the path and its permissions)"},
      {{{"WEIR_HTTP_TOKEN_FILE", "/etc"}},
       R"(WEIR_HTTP_TOKEN_FILE="/etc" cannot be read; check the path and its permissions)"},
      {{{"WEIR_HTTP_TOKEN_FILE", "/dev/null"}},
       R"(WEIR_HTTP_TOKEN_FILE="/dev/null" is an empty file; give it a value, or unset it)"},
      {{{"WEIR_HTTP_TOKEN", ""}}, "WEIR_HTTP_TOKEN is empty; give it a value, or unset it"},
      {{{"WEIR_KAFKA_SASL_PASSWORD", "swordfish"}, {"WEIR_KAFKA_SASL_PASSWORD_FILE", "/run/secrets/kafka"}},
       "WEIR_KAFKA_SASL_PASSWORD=(hidden) is set, and WEIR_KAFKA_SASL_PASSWORD_FILE too; keep one of the two"},

      // What does not go together.
      {{{"WEIR_SINK", "stdout"}, {"WEIR_STATE", "kafka"}},
       R"(WEIR_STATE="kafka" cannot be while WEIR_SINK is stdout; choose file:PATH or none)"},
      {{{"WEIR_TOPIC", "{prefix}.state"}},
       R"(WEIR_TOPIC="{prefix}.state" names weir.state, one of Weir's own topics; choose another name)"},
      {{{"WEIR_TOPIC", "weir.dead-letters"}},
       R"(WEIR_TOPIC="weir.dead-letters" names weir.dead-letters, one of Weir's own topics; choose another name)"},
      {{{"WEIR_DEAD_LETTER_TOPIC", "{prefix}.state"}},
       R"(WEIR_DEAD_LETTER_TOPIC="{prefix}.state" names weir.state, the topic of the position; choose another name)"},
      {{{"WEIR_STALL_AFTER", "2m"}},
       R"(WEIR_STALL_AFTER="2m" is not below WEIR_HANG_UP_AFTER="1m"; a stall is to be seen before the connection is given up)"},
      {{{"WEIR_RETRY_MIN", "31s"}},
       R"(WEIR_RETRY_MIN="31s" is above WEIR_RETRY_MAX="30s"; lower it, or raise the other)"},
      {{{"PGTZ", "Europe/Vienna"}},
       R"(PGTZ="Europe/Vienna" would change the session that Weir pins so that values stay exact; unset it)"},
  };
  return rows;
}

environment with_broker(environment set) {
  set.emplace("WEIR_BROKERS", "kafka:9092");
  return set;
}

std::string lines_of(const std::vector<weir::config::mistake>& all) {
  std::string text;
  for (const auto& each : all) text += (text.empty() ? "" : "\n") + to_string(each);
  return text;
}

}  // namespace

TEST_CASE("002-14 each broken configuration is told in exactly one sentence") {
  REQUIRE(table().size() >= 40);
  for (const auto& row : table()) {
    const auto read = load(with_broker(row.set));
    CHECK(lines_of(read.mistakes) == row.message);
  }
}

TEST_CASE("002-14 no sentence holds the value of a secret") {
  for (const auto& row : table()) {
    CHECK(lines_of(load(with_broker(row.set)).mistakes).find("swordfish") == std::string::npos);
  }
}

TEST_CASE("002-14 one report lists twenty mistakes at once, in the order of the table") {
  const environment all_wrong{{"WEIR_POSTGRES", "nonsense"},
                              {"WEIR_SLOT", "A"},
                              {"WEIR_PUBLICATION", "a b"},
                              {"WEIR_TABLES", "orders"},
                              {"WEIR_CREATE", "maybe"},
                              {"WEIR_MAX_ROW", "1"},
                              {"WEIR_TOPIC_PARTITIONS", "-1"},
                              {"WEIR_TOPIC_PREFIX", "a/b"},
                              {"WEIR_TOPIC", "{"},
                              {"WEIR_TOMBSTONES", "no"},
                              {"WEIR_STATE", "here"},
                              {"WEIR_MEMORY", "1B"},
                              {"WEIR_LANE_IDLE", "1"},
                              {"WEIR_STALL_AFTER", "2m"},
                              {"WEIR_RETRY_MIN", "40s"},
                              {"WEIR_HTTP", "localhost"},
                              {"WEIR_LOG", "loud"},
                              {"WEIR_LOG_FORMAT", "xml"},
                              {"WEIR_SLOTS", "a"},
                              {"WEIR_HTTP_TOKEN_FILE", "/nowhere"}};
  const auto read = load(all_wrong);
  CHECK(weir::config::report(read.mistakes) ==
        R"(the configuration has 21 mistakes:
  WEIR_POSTGRES=(hidden) is neither a URL nor a conninfo string; write postgresql://user@host/database or host=... dbname=...
  WEIR_SLOT="A" holds 'A'; a slot's name is made of lower-case letters, digits and _
  WEIR_PUBLICATION="a b" holds ' '; name one publication, without spaces, quotes and commas
  WEIR_TABLES="orders" names the table 'orders'; write each as schema.table; * stands for any part of a name, as in public.order_*
  WEIR_CREATE="maybe" is neither on nor off; write on or off
  WEIR_MAX_ROW="1" needs a unit; write a whole number with B, KiB, MiB or GiB, such as 32MiB
  WEIR_TOPIC_PARTITIONS="-1" is not a whole number; write digits only
  WEIR_TOPIC_PREFIX="a/b" holds '/'; a topic's name is made of letters, digits, '.', '_' and '-'
  WEIR_TOPIC="{" has a brace without its partner; write fields as {prefix}, {schema}, {table}
  WEIR_TOMBSTONES="no" is neither on nor off; write on or off
  WEIR_STATE="here" is no place for the position; write kafka, file:PATH or none
  WEIR_MEMORY="1B" is too small; the least is 4MiB
  WEIR_LANE_IDLE="1" needs a unit; write a whole number with ms, s, m or h, such as 10s
  WEIR_HTTP="localhost" has no port in 'localhost'; write host:port, such as 0.0.0.0:8080
  WEIR_HTTP_TOKEN_FILE="/nowhere" cannot be read; check the path and its permissions
  WEIR_LOG="loud" is not one of the choices; choose debug, info, warn, error
  WEIR_LOG_FORMAT="xml" is not one of the choices; choose auto, text, json
  WEIR_SLOTS is not a setting; did you mean WEIR_SLOT?
  WEIR_BROKERS is not set; name the bootstrap servers, such as kafka-1:9092,kafka-2:9092
  WEIR_STALL_AFTER="2m" is not below WEIR_HANG_UP_AFTER="1m"; a stall is to be seen before the connection is given up
  WEIR_RETRY_MIN="40s" is above WEIR_RETRY_MAX="30s"; lower it, or raise the other
)");
}

TEST_CASE("002-14 what only another part can judge is in the same report") {
  const auto refuse = [](const weir::config::settings& values) {
    std::vector<weir::config::mistake> found;
    for (const auto& [name, value] : values.kafka) found.push_back({name, "", "is refused", "unset it"});
    return found;
  };
  const auto read = load({{"WEIR_KAFKA_ACKS", "1"}}, refuse);
  CHECK(weir::config::report(read.mistakes) ==
        "the configuration has 2 mistakes:\n"
        "  WEIR_BROKERS is not set; name the bootstrap servers, such as kafka-1:9092,kafka-2:9092\n"
        "  WEIR_KAFKA_ACKS is refused; unset it\n");
}
