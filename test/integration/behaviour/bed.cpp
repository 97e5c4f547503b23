#include "bed.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace weir::behaviour {
namespace {

constexpr std::chrono::seconds drain_bound{60};

std::string text_of(simdjson::dom::element of) { return simdjson::minify(of); }

std::string member(simdjson::dom::element of, const char* name) {
  simdjson::dom::element found;
  return of[name].get(found) == simdjson::SUCCESS ? text_of(found) : std::string{"(none)"};
}

seen_record seen(const support::kafka_record& record) {
  seen_record made;
  made.topic = record.topic;
  made.key = record.key;
  for (const auto& [name, value] : record.headers) made.headers[name] = value;
  const auto at = event::position::parse(made.headers["weir.position"]);
  if (!at) FAIL("a record of " << record.topic << " has no position");
  made.at = *at;
  made.op = 'T';
  if (!record.value) return made;
  made.value = *record.value;
  simdjson::dom::parser parser;
  const auto root = parser.parse(made.value).value();
  const auto op = member(root, "op");
  made.op = op.size() == 3 ? op[1] : '?';
  made.before = member(root, "before");
  made.after = member(root, "after");
  made.source = member(root, "source");
  made.transaction = member(root, "transaction");
  return made;
}

/// A schema's name of a situation's id.
std::string schema_of(const situation& of) {
  std::string name;
  for (const char c : of.id.substr(0, of.id.find_first_of(" :"))) name += c == '-' ? '_' : c;
  return name;
}

std::string show(char op, const std::optional<std::string>& key, const std::string& before,
                 const std::string& after, const std::map<std::string, std::string>& headers) {
  auto text = fmt::format("{} key={} before={} after={}", op, key.value_or("(none)"), before, after);
  for (const auto& [name, value] : headers) {
    if (name.starts_with("__debezium.newkey") || name.starts_with("__debezium.oldkey"))
      text += fmt::format(" {}={}", name, value);
  }
  return text;
}

void compare(const situation& of, const std::string& topics, const std::vector<seen_record>& got) {
  INFO("situation " << of.id);
  std::vector<std::string> wanted;
  std::vector<std::string> found;
  for (std::size_t n = 0; n < of.wanted.size(); ++n) {
    const auto& each = of.wanted[n];
    const auto after = each.after == "*" && n < got.size() ? got[n].after : each.after;
    wanted.push_back(each.topic + " " + show(each.op, each.key, each.before, after, each.headers));
  }
  for (const auto& each : got) {
    found.push_back(each.topic.substr(topics.size()) + " " +
                    show(each.op, each.key, each.before, each.after, each.headers));
  }
  CHECK(found == wanted);
}

void run(support::postgres_session& on, const situation& of) {
  INFO("situation " << of.id);
  on.exec(fmt::format("create schema {0}; set search_path = {0}, public", schema_of(of)));
  for (const auto& step : of.steps) {
    INFO(step.sql);
    std::string code;
    try {
      on.exec(step.sql);
    } catch (const support::sql_error& error) {
      code = error.code();
      if (step.refused_with.empty()) FAIL(error.what());
    }
    CHECK(code == step.refused_with);
  }
}

}  // namespace

bed::bed(int version, variables more, const std::string& before)
    : postgres{support::postgres_options{.version = version, .settings = {"max_prepared_transactions = 10"}}} {
  environment = {
      {"PGHOST", "127.0.0.1"},    {"PGPORT", std::to_string(postgres.port())}, {"PGUSER", "postgres"},
      {"PGDATABASE", "postgres"}, {"WEIR_BROKERS", support::shared_brokers()}, {"WEIR_TOPIC_PREFIX", prefix},
      {"WEIR_SNAPSHOT", "never"}};
  for (auto& [name, value] : more) environment[name] = value;
  if (!before.empty()) postgres.exec(before);
  weir.emplace(environment);
  weir->wait_until_ready(drain_bound);
}

void bed::drain() {
  const auto end = postgres.value("select pg_current_wal_insert_lsn()");
  weir->wait_for(
      "all of it to be confirmed",
      [&] {
        return postgres.value(fmt::format("select coalesce(bool_or(confirmed_flush_lsn >= '{}'), false) from "
                                          "pg_replication_slots where slot_name = 'weir'",
                                          end)) == "t";
      },
      drain_bound);
}

std::vector<seen_record> bed::read(const std::string& topics) {
  std::vector<seen_record> all;
  for (const auto& each : kafka.read_prefix(prefix + "." + topics)) all.push_back(seen(each));
  std::sort(all.begin(), all.end(), [](const auto& one, const auto& other) { return one.at < other.at; });
  return all;
}

void bed::play(const std::vector<situation>& all) {
  for (const auto& each : all) {
    if (postgres.version() < each.from_version) continue;
    auto session = postgres.connect();
    run(session, each);
  }
  drain();
  for (const auto& each : all) {
    if (postgres.version() < each.from_version) continue;
    const auto topics = schema_of(each) + ".";
    compare(each, prefix + "." + topics, read(topics));
  }
}

std::vector<int> versions() {
  std::vector<int> all{support::distribution_postgres()};
  if (std::getenv("WEIR_TEST_LONG") == nullptr) return all;
  for (const int each : support::postgres_versions()) {
    if (each >= 17) all.push_back(each);
  }
  return all;
}

std::optional<int> version_from(int least) {
  for (const int each : support::postgres_versions()) {
    if (each >= least) return each;
  }
  return std::nullopt;
}

}  // namespace weir::behaviour
