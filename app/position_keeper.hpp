#pragma once

#include <async/blocking_pool.hpp>
#include <async/condition.hpp>
#include <async/task_scope.hpp>
#include <config/settings.hpp>
#include <event/state_store.hpp>
#include <kafka/state_store.hpp>

#include <memory>
#include <optional>
#include <string>

namespace weir::app {

/// Keeps what must survive: loads it once, saves it at most once a second, and knows what is stored. The
/// store's callbacks become waits here.
class position_keeper {
 public:
  position_keeper(async::executor on, async::task_scope& scope, async::blocking_pool& pool,
                  const config::settings& with, const kafka::options& brokers, async::condition& changed);

  /// The stored position of `key`; without a store, what this process has saved. `stored_snapshot` is what was
  /// stored beside it.
  async::awaitable<std::optional<event::stored_position>> load(async::self me, std::string key);

  /// Begins a save; `is_saving` until it ends, which notifies `changed`. At most one at a time, of either kind.
  void save(const event::stored_position& what);
  void save(const event::snapshot_progress& what);
  [[nodiscard]] bool is_saving() const { return is_saving_; }
  /// Since when the save that is under way waits; steady_time::max() when there is none.
  [[nodiscard]] steady_time saving_since() const { return is_saving_ ? began_ : steady_time::max(); }
  [[nodiscard]] steady_time last_saved() const { return last_saved_; }
  /// Rethrows what the last save of a position failed with, once.
  void rethrow_failure();
  /// Likewise, of a snapshot's record.
  void rethrow_snapshot_failure();

  /// What the store is known to hold.
  [[nodiscard]] const std::optional<event::stored_position>& stored() const { return stored_; }
  [[nodiscard]] const std::optional<event::snapshot_progress>& stored_snapshot() const { return snapshot_; }
  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] bool remembers() const { return store_->remembers(); }
  /// Null unless positions are kept in Kafka.
  [[nodiscard]] kafka::state_store* in_kafka() const { return in_kafka_; }

 private:
  std::unique_ptr<event::state_store> store_;
  kafka::state_store* in_kafka_ = nullptr;
  async::condition& changed_;
  std::string key_;
  bool is_loaded_ = false;
  bool is_saving_ = false;
  steady_time began_{};
  steady_time last_saved_{};
  std::exception_ptr failure_;
  std::exception_ptr snapshot_failure_;
  std::optional<event::stored_position> stored_;
  std::optional<event::snapshot_progress> snapshot_;
  /// Callbacks of the store may outlive this object: they look here first.
  std::shared_ptr<bool> lives_ = std::make_shared<bool>(true);

 public:
  ~position_keeper() { *lives_ = false; }
  position_keeper(const position_keeper&) = delete;
  position_keeper& operator=(const position_keeper&) = delete;
};

}  // namespace weir::app
