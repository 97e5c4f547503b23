#pragma once

#include <support/bed.hpp>
#include <support/kafka_client.hpp>
#include <support/kafka_server.hpp>
#include <support/oracle.hpp>
#include <support/postgres_server.hpp>
#include <support/weir_process.hpp>

#include <string>

namespace weir::app_test {

/// A database, the shared broker under a topic prefix of its own, and the environment that joins them. Only
/// what changes is taken: a test of snapshots says so.
class bed {
 public:
  explicit bed(support::postgres_options options = {}) : postgres{std::move(options)} {}

  [[nodiscard]] support::weir_process::variables environment(support::weir_process::variables more = {}) const {
    support::weir_process::variables all{
        {"PGHOST", "127.0.0.1"},    {"PGPORT", std::to_string(postgres.port())}, {"PGUSER", "postgres"},
        {"PGDATABASE", "postgres"}, {"WEIR_BROKERS", support::shared_brokers()}, {"WEIR_TOPIC_PREFIX", prefix},
        {"WEIR_SNAPSHOT", "never"}};
    for (auto& [name, value] : more) all[name] = value;
    return all;
  }

  /// Records in all topics of changes.
  [[nodiscard]] std::int64_t delivered() { return kafka.count(prefix + ".public."); }

  support::postgres_server postgres;
  std::string prefix = support::unique_name("app");
  support::kafka_client kafka{support::shared_brokers()};
};

}  // namespace weir::app_test
