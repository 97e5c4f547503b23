#include "position_keeper.hpp"

#include <stdio/file_state_store.hpp>
#include <stdio/no_state_store.hpp>

namespace weir::app {
namespace {

/// Loading has bounds of its own in each store; this one only shows a task that hangs in spite of them.
constexpr std::chrono::seconds load_bound{60};

struct load_result {
  bool is_done = false;
  std::exception_ptr failure;
  event::stored_state found;
};

}  // namespace

position_keeper::position_keeper(async::executor on, async::task_scope& scope, async::blocking_pool& pool,
                                 const config::settings& with, const kafka::options& brokers,
                                 async::condition& changed)
    : changed_(changed) {
  switch (with.state) {
    case config::state_kind::kafka: {
      auto store = std::make_unique<kafka::state_store>(std::move(on), scope, pool, brokers, with.state_topic);
      in_kafka_ = store.get();
      store_ = std::move(store);
      break;
    }
    case config::state_kind::file:
      store_ = std::make_unique<stdio::file_state_store>(scope, pool, with.state_path);
      break;
    case config::state_kind::none:
      store_ = std::make_unique<stdio::no_state_store>(std::move(on));
      break;
  }
}

async::awaitable<std::optional<event::stored_position>> position_keeper::load(async::self me, std::string key) {
  // Another Weir may have held the slot meanwhile, so a store is asked every time. One without memory knows
  // less than we do.
  if (is_loaded_ && key == key_ && !store_->remembers()) co_return stored_;
  auto result = std::make_shared<load_result>();
  store_->load(key, [result, lives = lives_, &changed = changed_](std::exception_ptr failure, auto found) {
    result->failure = std::move(failure);
    result->found = std::move(found);
    result->is_done = true;
    if (*lives) changed.notify_all();
  });
  while (!result->is_done) co_await me.wait("the stored position", load_bound, changed_.wait());
  if (result->failure) std::rethrow_exception(result->failure);
  key_ = std::move(key);
  stored_ = result->found.position;
  snapshot_ = result->found.snapshot;
  is_loaded_ = true;
  co_return stored_;
}

void position_keeper::save(const event::stored_position& what) {
  is_saving_ = true;
  failure_ = nullptr;
  began_ = steady_clock::now();
  store_->save(key_, what, [this, lives = lives_, what](std::exception_ptr failure) {
    if (!*lives) return;
    is_saving_ = false;
    last_saved_ = steady_clock::now();
    if (failure) {
      failure_ = std::move(failure);
    } else {
      stored_ = what;
    }
    changed_.notify_all();
  });
}

void position_keeper::save(const event::snapshot_progress& what) {
  is_saving_ = true;
  snapshot_failure_ = nullptr;
  began_ = steady_clock::now();
  store_->save(key_, what, [this, lives = lives_, what](std::exception_ptr failure) {
    if (!*lives) return;
    is_saving_ = false;
    last_saved_ = steady_clock::now();
    if (failure) {
      snapshot_failure_ = std::move(failure);
    } else {
      snapshot_ = what;
    }
    changed_.notify_all();
  });
}

void position_keeper::rethrow_failure() {
  if (auto failure = std::exchange(failure_, nullptr)) std::rethrow_exception(failure);
}

void position_keeper::rethrow_snapshot_failure() {
  if (auto failure = std::exchange(snapshot_failure_, nullptr)) std::rethrow_exception(failure);
}

}  // namespace weir::app
