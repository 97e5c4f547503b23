#pragma once

#include <async/async.hpp>
#include <event/state_store.hpp>

namespace weir::stdio {

/// `WEIR_STATE=none`: nothing is known at start, every save succeeds and is forgotten.
class no_state_store final : public event::state_store {
 public:
  explicit no_state_store(async::executor on) : on_(std::move(on)) {}

  void load(const std::string& key, loaded then) override;
  void save(const std::string& key, const event::stored_position& what, saved then) override;
  void save(const std::string& key, const event::snapshot_progress& what, saved then) override;
  [[nodiscard]] bool remembers() const override { return false; }

 private:
  async::executor on_;
};

}  // namespace weir::stdio
