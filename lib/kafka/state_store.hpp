#pragma once

#include <async/blocking_pool.hpp>
#include <async/task_scope.hpp>
#include <event/state_store.hpp>
#include <kafka/options.hpp>
#include <kafka/producer.hpp>

#include <chrono>
#include <string>

namespace weir::kafka {

/// Positions in a compacted topic of one partition, made when missing. Loading reads the end of the topic with
/// a handle of its own; saving goes through the producer of the current run.
class state_store final : public event::state_store {
 public:
  /// `scope` owns the loading task; `pool` takes the destruction of its handle. All must outlive the store.
  state_store(async::executor on, async::task_scope& scope, async::blocking_pool& pool, options with,
              std::string topic, std::chrono::milliseconds load_timeout = std::chrono::seconds{30});
  ~state_store() override;

  /// The producer that saves go through from now on; null: none, a save fails at once with a failure to retry.
  /// To be called with null before a producer is closed.
  void use(producer* through) { through_ = through; }

  /// Fails with weir::failure: retry when the brokers cannot be reached in time, permanent when the topic is
  /// missing and must not be made, corrupt when a value for `key` cannot be read.
  void load(const std::string& key, loaded then) override;
  void save(const std::string& key, const event::stored_position& what, saved then) override;
  void save(const std::string& key, const event::snapshot_progress& what, saved then) override;
  [[nodiscard]] bool remembers() const override { return true; }

 private:
  void put(std::string key, std::string value, saved then);

  async::executor on_;
  async::task_scope& scope_;
  async::blocking_pool& pool_;
  options with_;
  std::string topic_;
  std::chrono::milliseconds load_timeout_;
  producer* through_ = nullptr;
};

}  // namespace weir::kafka
