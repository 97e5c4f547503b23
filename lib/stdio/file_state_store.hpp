#pragma once

#include <async/blocking_pool.hpp>
#include <async/task_scope.hpp>
#include <event/state_store.hpp>
#include <stdio/state_file.hpp>

#include <filesystem>
#include <functional>

namespace weir::stdio {

/// Positions and snapshots in one JSON file: `{"database/slot": {...}, "database/slot/snapshot": {...}}`. A
/// save writes a temporary file beside it, syncs it, renames it over the old one and syncs the directory, all
/// on the blocking pool. One process owns the file.
class file_state_store final : public event::state_store {
 public:
  /// `scope` owns the tasks that wait for the pool. All must outlive the store.
  file_state_store(async::task_scope& scope, async::blocking_pool& pool, std::filesystem::path file)
      : scope_(scope), pool_(pool), file_(std::move(file)) {}

  /// No file: nothing is stored. Fails with weir::failure: permanent when the file cannot be read, corrupt when
  /// it is not what save() writes.
  void load(const std::string& key, loaded then) override;
  void save(const std::string& key, const event::stored_position& what, saved then) override;
  void save(const std::string& key, const event::snapshot_progress& what, saved then) override;
  [[nodiscard]] bool remembers() const override { return true; }

 private:
  void change(std::function<void(kept_state&)> put, saved then);

  async::task_scope& scope_;
  async::blocking_pool& pool_;
  std::filesystem::path file_;
};

}  // namespace weir::stdio
