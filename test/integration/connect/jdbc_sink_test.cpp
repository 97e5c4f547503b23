#include <support/bed.hpp>
#include <support/child_process.hpp>
#include <support/eventually.hpp>
#include <support/free_port.hpp>
#include <support/kafka_client.hpp>
#include <support/kafka_server.hpp>
#include <support/postgres_server.hpp>
#include <support/temporary_directory.hpp>
#include <support/weir_process.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Consumers of the Debezium world read Weir's topics as they are: Kafka Connect with its JsonConverter, and
/// Debezium's JDBC sink, which makes tables of what it is told.
namespace {

using namespace std::chrono_literals;
using namespace weir;

/// Connect starts in 15 s here, the rest is for machines that do much else.
constexpr auto sink_bound = 300s;

constexpr auto extra_tables = R"(
  create type mood as enum ('sad', 'happy');
  create table kinds(id int primary key, small smallint, large bigint, amount numeric(12,2), any_number numeric,
                     ratio double precision, ok boolean not null, day date, at_time time, at_moment timestamp,
                     at_zone timestamptz, raw bytea, document jsonb, unique_id uuid, feeling mood,
                     word varchar(20) not null default 'none');
  create table parts(region text, number int, name text, primary key (region, number));
)";

constexpr auto extra_changes = R"(
  insert into kinds select n, n % 100, n * 10000000000, n / 7.0, n / 3.0, n / 9.0, n % 2 = 0,
         date '2024-02-28' + n, time '00:00:01.5' + n * interval '61 seconds', timestamp '2024-02-28 23:59:59.123456' + n * interval '1 hour',
         timestamptz '1999-12-31 23:59:59.5+05' + n * interval '1 day', decode(md5(n::text), 'hex'), jsonb_build_object('n', n, 'text', 'ü"\'),
         md5(n::text)::uuid, case when n % 2 = 0 then 'sad' else 'happy' end::mood, 'w' || n from generate_series(1, 300) n;
  insert into kinds(id, ok) values (1000, true);
  update kinds set word = 'changed', amount = -amount, ok = not ok where id % 3 = 0;
  update kinds set feeling = null, raw = null, document = null where id % 5 = 0;
  delete from kinds where id % 7 = 0;
  insert into parts select 'r' || n % 4, n, 'part ' || n from generate_series(1, 200) n;
  update parts set number = number + 1000 where number % 10 = 0;
  update parts set name = null where number % 3 = 0;
  delete from parts where region = 'r3';
)";

/// A table at the source, and what makes its rows comparable with the copy's: the sink has no blank-padded
/// types, and makes of some types a text or one with a zone.
struct compared {
  std::string name;
  std::string source_columns;
  std::string copy_columns;
};

const std::vector<compared> tables{
    {"pgbench_accounts", "aid, bid, abalance, rtrim(filler)", "aid, bid, abalance, rtrim(filler)"},
    {"pgbench_branches", "bid, bbalance, rtrim(filler)", "bid, bbalance, rtrim(filler)"},
    {"pgbench_tellers", "tid, bid, tbalance, rtrim(filler)", "tid, bid, tbalance, rtrim(filler)"},
    {"pgbench_history", "tid, bid, aid, delta, mtime, rtrim(filler)",
     "tid, bid, aid, delta, mtime, rtrim(filler)"},
    {"kinds",
     "id, small, large, amount, any_number::float8, ratio, ok, day, at_time, at_moment, at_zone at time "
     "zone "
     "'UTC', "
     "raw, document::text, unique_id::text, feeling::text, word",
     "id, small, large, amount::numeric, any_number::float8, ratio, ok, day, at_time::time, at_moment, "
     "at_zone "
     "at time zone 'UTC', "
     "raw, document::text, unique_id::text, feeling::text, word"},
    {"parts", "region, number, name", "region, number, name"},
};

std::string digest(support::postgres_session& of, const std::string& table, const std::string& columns) {
  return of.value(fmt::format(
      "select count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' order by t::text collate \"C\")), '') "
      "from (select {} from \"{}\") t",
      columns, table));
}

/// Names of columns whose values differ, for whoever mends the test or what it tests.
std::string different_columns(support::postgres_session& source, support::postgres_session& copy,
                              const compared& of, const std::string& copied) {
  const auto column = [](support::postgres_session& in, const std::string& table, const std::string& columns,
                         std::size_t at) {
    return in.query(
        fmt::format("select (row_to_json(t)->>(select k from json_object_keys(row_to_json(t)) with "
                    "ordinality as u(k, n) where n = {})) from (select {} from \"{}\") t order by 1 limit 3",
                    at, columns, table));
  };
  std::string all;
  const auto count =
      static_cast<std::size_t>(std::count(of.source_columns.begin(), of.source_columns.end(), ',')) + 1;
  for (std::size_t at = 1; at <= count; ++at) {
    const auto wanted = column(source, of.name, of.source_columns, at);
    const auto found = column(copy, copied, of.copy_columns, at);
    if (wanted != found)
      all += fmt::format("{}: {} is {}; ", at, fmt::join(wanted.front(), ""), fmt::join(found.front(), ""));
  }
  return all;
}

void run_program(const support::postgres_server& on, const std::string& name,
                 std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), (support::postgres_programs(on.version()) / name).string());
  auto variables = on.environment();
  variables.emplace_back("PATH=/usr/bin:/bin");
  support::child_process program{{.arguments = arguments, .environment = variables}};
  const auto code = program.wait(120s);
  if (code != 0) throw std::runtime_error(name + " failed");
}

class jdbc_sink {
 public:
  jdbc_sink(const support::postgres_server& into, const std::string& database, const std::string& prefix,
            const std::vector<std::string>& keyed, const std::vector<std::string>& keyless) {
    const auto connector = [&](const std::string& name, const std::vector<std::string>& of,
                               const std::string& how) {
      std::vector<std::string> topics;
      for (const auto& each : of) topics.push_back(prefix + "_" + each);
      support::write_text(
          directory_ / (name + ".properties"),
          fmt::format("name={}-{}\nconnector.class=io.debezium.connector.jdbc.JdbcSinkConnector\ntopics={}\n"
                      "connection.url=jdbc:postgresql://127.0.0.1:{}/{}\nconnection.username=postgres\n"
                      "connection.password=none\nschema.evolution=basic\nbatch.size=2000\n"
                      "consumer.override.max.poll.records=2000\n"
                      // Of a key of several types Connect's own guess makes a map without schema in
                      // `__debezium.newkey`, which the sink refuses, from Debezium as from Weir.
                      "header.converter=org.apache.kafka.connect.storage.StringConverter\n{}",
                      prefix, name, fmt::join(topics, ","), into.port(), database, how));
      return (directory_ / (name + ".properties")).string();
    };
    const auto with_key =
        connector("keyed", keyed, "insert.mode=upsert\ndelete.enabled=true\nprimary.key.mode=record_key\n");
    const auto without = connector("keyless", keyless, "insert.mode=insert\nprimary.key.mode=none\n");
    process_.emplace(support::command{
        .arguments = {"/bin/bash", WEIR_SOURCE_DIR "/deploy/bed/connect", (directory_ / "connect").string(),
                      support::shared_brokers(), std::to_string(support::free_port()), with_key, without},
        .output = directory_ / "log"});
  }

  /// The process lives on when a task of it has failed.
  [[nodiscard]] bool is_working() {
    return process_->is_running() && log().find("Task is being killed") == std::string::npos;
  }
  [[nodiscard]] std::string log() const { return support::read_text(directory_ / "log"); }

 private:
  support::temporary_directory directory_{"weir-connect"};
  std::optional<support::child_process> process_;
};

}  // namespace

TEST_CASE("Debezium's JDBC sink rebuilds a database from topics of debezium+schema") {
  if (!std::filesystem::exists(support::bed() / "connect" / "plugins" / "debezium-connector-jdbc")) {
    SKIP("there is no Kafka Connect: deploy/install-dependencies --connect");
  }
  support::postgres_server postgres;
  run_program(postgres, "pgbench", {"-i", "-I", "dtp", "-q"});
  postgres.exec(extra_tables);
  // Weir publishes no table whose updates the server would refuse.
  postgres.exec("alter table pgbench_history replica identity full");
  postgres.exec("create database copy");
  auto prefix = support::unique_name("sink");
  std::replace_if(prefix.begin(), prefix.end(), [](char each) { return each == '-' || each == '.'; }, '_');
  support::weir_process weir{{{"PGHOST", "127.0.0.1"},
                              {"PGPORT", std::to_string(postgres.port())},
                              {"PGUSER", "postgres"},
                              {"PGDATABASE", "postgres"},
                              {"WEIR_BROKERS", support::shared_brokers()},
                              {"WEIR_TOPIC_PREFIX", prefix},
                              {"WEIR_TOPIC", "{prefix}_{table}"},
                              {"WEIR_FORMAT", "debezium+schema"},
                              {"WEIR_DECIMALS", "precise"},
                              {"WEIR_SNAPSHOT", "never"}}};
  weir.wait_until_ready();
  postgres.exec("insert into pgbench_branches(bid, bbalance) values (1, 0)");
  postgres.exec("insert into pgbench_tellers(tid, bid, tbalance) select n, 1, 0 from generate_series(1, 10) n");
  postgres.exec(
      "insert into pgbench_accounts(aid, bid, abalance, filler) select n, 1, 0, '' from generate_series(1, "
      "5000) n");
  postgres.exec(extra_changes);
  run_program(postgres, "pgbench",
              {"-n", "-c", "4", "-t", "250", "-f", WEIR_SOURCE_DIR "/test/integration/connect/tpcb.sql"});
  postgres.exec("delete from pgbench_accounts where aid % 50 = 0");

  jdbc_sink sink{postgres,
                 "copy",
                 prefix,
                 {"pgbench_accounts", "pgbench_branches", "pgbench_tellers", "kinds", "parts"},
                 {"pgbench_history"}};
  auto source = postgres.connect();
  auto copy = postgres.connect("copy");
  std::map<std::string, std::string> wanted;
  for (const auto& each : tables) wanted[each.name] = digest(source, each.name, each.source_columns);
  std::map<std::string, std::string> found;
  const auto is_equal = [&] {
    for (const auto& each : tables) {
      try {
        found[each.name] = digest(copy, prefix + "_" + each.name, each.copy_columns);
      } catch (const support::sql_error& error) {
        found[each.name] = error.what();
      }
    }
    return found == wanted || !sink.is_working();
  };
  support::eventually(is_equal, sink_bound, 500ms);
  INFO(sink.log());
  for (const auto& each : tables) {
    INFO(each.name);
    if (found[each.name] != wanted[each.name]) {
      INFO(different_columns(source, copy, each, prefix + "_" + each.name));
      CHECK(found[each.name] == wanted[each.name]);
      continue;
    }
    CHECK(found[each.name] == wanted[each.name]);
  }
  CHECK(sink.is_working());
  CHECK(weir.stop().code == 0);
}
