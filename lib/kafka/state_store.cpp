#include <kafka/state_store.hpp>

#include <event/stored_position.hpp>
#include <kafka/state_loading.hpp>

#include <fmt/format.h>

#include <base/failure.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace weir::kafka {
namespace {

/// What the loading task owns; a function of its own, since a coroutine must not live in a lambda that goes.
struct loading {
  async::executor on;
  async::blocking_pool& pool;
  options with;
  std::string topic;
  std::string key;
  std::chrono::milliseconds timeout;
  event::state_store::loaded then;
};

async::awaitable<> load_and_tell(async::self me, loading task) {
  std::exception_ptr failed;
  event::stored_state found;
  try {
    // Whoever called load() has its answer later, never inside the call.
    co_await boost::asio::post(boost::asio::use_awaitable);
    found = co_await load_state(me, task.on, task.pool, task.with, task.topic, task.key,
                                steady_clock::now() + task.timeout);
  } catch (...) {
    failed = std::current_exception();
  }
  task.then(failed, found);
}

}  // namespace

state_store::state_store(async::executor on, async::task_scope& scope, async::blocking_pool& pool, options with,
                         std::string topic, std::chrono::milliseconds load_timeout)
    : on_(std::move(on)),
      scope_(scope),
      pool_(pool),
      with_(std::move(with)),
      topic_(std::move(topic)),
      load_timeout_(load_timeout) {}

state_store::~state_store() = default;

void state_store::load(const std::string& key, loaded then) {
  scope_.spawn("load position",
               [task = loading{on_, pool_, with_, topic_, key, load_timeout_, std::move(then)}](
                   async::self me) { return load_and_tell(me, task); });
}

void state_store::save(const std::string& key, const event::stored_position& what, saved then) {
  put(key, event::to_json(what), std::move(then));
}

void state_store::save(const std::string& key, const event::snapshot_progress& what, saved then) {
  put(event::snapshot_key(key), event::to_json(what), std::move(then));
}

void state_store::put(std::string key, std::string value, saved then) {
  if (through_ != nullptr) return through_->put(topic_, std::move(key), std::move(value), std::move(then));
  auto why = std::make_exception_ptr(
      failure{verdict::retry, "handle_closed",
              fmt::format("topic {}: the position cannot be written, no Kafka producer is at work", topic_)});
  boost::asio::post(on_, [then = std::move(then), why = std::move(why)] { then(why); });
}

}  // namespace weir::kafka
