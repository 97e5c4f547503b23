#pragma once

#include <support/bed.hpp>
#include <support/eventually.hpp>
#include <support/kafka_client.hpp>
#include <support/kafka_cluster.hpp>
#include <support/kafka_server.hpp>
#include <support/mixed_load.hpp>
#include <support/oracle.hpp>
#include <support/postgres_server.hpp>
#include <support/weir_process.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace weir::fault {

using namespace std::chrono_literals;

/// WEIR_TEST_LONG asks for the full length.
[[nodiscard]] bool is_long();
/// Instrumented code takes several times as long, and memory that was freed stays with the sanitizer.
[[nodiscard]] bool is_sanitized();
/// The bound for what takes `usual` on a machine that does nothing else: instrumented code is slower, and so
/// are machines that build meanwhile. For what has no such bound, waits are long by themselves.
[[nodiscard]] std::chrono::milliseconds generous(std::chrono::milliseconds usual);
/// What chance in a test is made of: WEIR_TEST_SEED, else always the same. Print it with what fails.
[[nodiscard]] unsigned seed();

/// What must not grow. At every quiesce it is what it was, but for resident memory, and for connections that
/// the libraries had not closed yet when the first figures were taken.
struct footprint {
  std::map<std::string, int> tasks;  ///< by name
  std::uint64_t descriptors = 0;
  double lanes = 0;
  double transactions = 0;  ///< of the ledger
  double unconfirmed_records = 0;
  double budget_used = 0;
  std::uint64_t resident_bytes = 0;

  [[nodiscard]] std::string describe() const;
  /// Memory aside; fewer descriptors are no leak.
  [[nodiscard]] bool is_back_at(const footprint& as) const;
};

/// A database, a broker under a topic prefix of its own, and the environment that joins them. Every fault test
/// ends with `drain` and `judge`.
class bed {
 public:
  using variables = support::weir_process::variables;

  /// On the broker that everybody shares.
  explicit bed(support::postgres_options options = {});
  /// On a broker that the test may harm.
  explicit bed(support::kafka_server& own, support::postgres_options options = {});
  explicit bed(const support::kafka_cluster& own, support::postgres_options options = {});

  /// For a weir: short waits, long patience for lanes, so that faults take seconds and footprints compare.
  [[nodiscard]] variables environment(const variables& more = {}) const;
  [[nodiscard]] variables postgres_through(std::uint16_t proxy, const variables& more = {}) const;

  /// Changes whose commit is in the log now have arrived, are stored, and the slot is past them.
  void drain(support::weir_process& weir, std::chrono::milliseconds bound = 180s);
  [[nodiscard]] bool is_confirmed(const std::string& lsn);
  [[nodiscard]] std::string log_end() { return postgres.value("select pg_current_wal_flush_lsn()"); }

  [[nodiscard]] static footprint figures_now(const support::weir_process& weir);
  /// The figures at rest: nothing is out, and two seconds later.
  [[nodiscard]] footprint at_quiesce(support::weir_process& weir);
  /// Fails the test unless weir comes back to `before`.
  void check_nothing_leaked(support::weir_process& weir, const footprint& before);

  /// The broker has another address now.
  void move_to(const support::kafka_server& broker);

  /// The oracle, as checks.
  support::judgement check_delivery(const std::vector<std::string>& tables = support::mixed_load::tables());
  /// Nothing is in Kafka twice but what lies behind the position that was stored when its run began.
  void check_only_unstored_came_again();
  /// Records in all topics of changes.
  [[nodiscard]] std::int64_t delivered() { return kafka().count(prefix + ".public."); }

  [[nodiscard]] support::kafka_client& kafka();

  support::postgres_server postgres;
  std::string prefix = support::unique_name("fault");
  std::string brokers;

 private:
  std::unique_ptr<support::kafka_client> kafka_;
};

}  // namespace weir::fault
