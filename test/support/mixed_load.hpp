#pragma once

#include <support/postgres_session.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace weir::support {

/// Transactions of every kind, run by the server itself while the test does something else: inserts, updates,
/// updates of the key, deletes, large values that stay unchanged, rollbacks as a whole and to a savepoint. Each
/// transaction ends with a row of `journal`, which only grows; rows that are rolled back say so in their text.
class mixed_load {
 public:
  /// Makes the tables `account` and `journal`, once for each database. The same seed makes the same
  /// transactions.
  explicit mixed_load(const std::string& conninfo, double seed = 0.42);

  /// Begins `transactions` of them with `pause` after each, and returns at once.
  void start(int transactions, std::chrono::milliseconds pause = std::chrono::milliseconds{0});
  [[nodiscard]] bool is_running() { return session_.is_busy(); }
  /// Waits for the end; throws what the server answered, or when it takes longer than `bound`.
  void finish(std::chrono::milliseconds bound = std::chrono::seconds{120}) { session_.finish(bound); }

  /// Ends what runs after the transaction that is under way, or in it.
  void cancel();

  /// For the oracle.
  [[nodiscard]] static std::vector<std::string> tables() { return {"public.account", "public.journal"}; }

 private:
  postgres_session session_;
};

}  // namespace weir::support
