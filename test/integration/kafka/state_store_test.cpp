#include <catch2/catch_test_macros.hpp>

#include <support/bed.hpp>
#include <support/free_port.hpp>
#include <support/kafka_client.hpp>
#include <support/kafka_server.hpp>
#include <support/run_loop.hpp>
#include <support/running_producer.hpp>

#include <fmt/format.h>
#include <event/stored_position.hpp>

#include <chrono>
#include <optional>
#include <string>

#include <kafka/state_store.hpp>

namespace weir {
namespace {

using namespace std::chrono_literals;
using event::stored_position;
using running = support::running_producer<kafka::producer>;

stored_position position_at(std::uint64_t at, std::uint64_t run) {
  return {"7300000000000000001", 1, lsn{at}, run};
}

kafka::options options_for(const std::string& brokers) {
  kafka::options with;
  with.brokers = brokers;
  return with;
}

/// A store's callbacks as something to await.
async::awaitable<std::optional<stored_position>> load(async::executor on, kafka::state_store& from,
                                                      std::string key) {
  async::condition changed{on};
  std::optional<std::pair<std::exception_ptr, std::optional<stored_position>>> told;
  from.load(key, [&](std::exception_ptr failed, const event::stored_state& found) {
    told.emplace(failed, found.position);
    changed.notify_all();
  });
  CHECK_FALSE(told.has_value());
  while (!told) co_await changed.wait();
  if (told->first) std::rethrow_exception(told->first);
  co_return told->second;
}

async::awaitable<> save(async::executor on, kafka::state_store& to, std::string key, stored_position what) {
  async::condition changed{on};
  std::optional<std::exception_ptr> told;
  to.save(key, what, [&](std::exception_ptr failed) {
    told.emplace(failed);
    changed.notify_all();
  });
  CHECK_FALSE(told.has_value());
  while (!told) co_await changed.wait();
  if (*told) std::rethrow_exception(*told);
}

TEST_CASE("a position comes back as it was saved, for each key its own") {
  const auto brokers = support::shared_brokers();
  const auto topic = support::unique_name("state");
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    running at{loop.executor(), loop.registry(), options_for(brokers)};
    async::task_scope scope{loop.executor(), loop.registry()};
    kafka::state_store store{loop.executor(), scope, at.pool, options_for(brokers), topic};
    store.use(&at.sink);
    CHECK(store.remembers());

    CHECK_FALSE((co_await load(loop.executor(), store, "shop/weir")).has_value());
    co_await save(loop.executor(), store, "shop/weir", position_at(100, 1));
    co_await save(loop.executor(), store, "shop/weir", position_at(200, 1));
    co_await save(loop.executor(), store, "shop/other", position_at(5000, 9));
    CHECK(co_await load(loop.executor(), store, "shop/weir") == position_at(200, 1));
    CHECK(co_await load(loop.executor(), store, "shop/other") == position_at(5000, 9));
    CHECK_FALSE((co_await load(loop.executor(), store, "shop/none")).has_value());
    // The position of a dead process that is written late is last, but not the newest.
    co_await save(loop.executor(), store, "shop/weir", position_at(150, 1));
    CHECK(co_await load(loop.executor(), store, "shop/weir") == position_at(200, 1));

    store.use(nullptr);
    try {
      co_await save(loop.executor(), store, "shop/weir", position_at(300, 1));
      FAIL("saved without a producer");
    } catch (const failure& why) {
      CHECK(why.decision() == verdict::retry);
    }
    CHECK(at.sink.outstanding() == 0);
    co_await scope.join(1s);
    co_await at.close(me);
  });
  support::kafka_client client{brokers};
  const auto settings = client.topic_settings(topic);
  CHECK(client.topics(topic).at(topic) == 1);
  CHECK(settings.at("cleanup.policy") == "compact");
  CHECK(settings.at("segment.bytes") == "1048576");
  CHECK(settings.at("segment.ms") == "600000");
  CHECK(settings.at("min.cleanable.dirty.ratio") == "0.01");
}

TEST_CASE(
    "a key that nobody wrote for long is found before the last thousand records, and a tombstone forgets") {
  const auto brokers = support::shared_brokers();
  const auto topic = support::unique_name("state");
  support::kafka_client client{brokers};
  client.create_topic(topic, 1, {{"cleanup.policy", "compact"}});
  client.produce(topic, "shop/quiet", event::to_json(position_at(7, 1)));
  support::run_loop loop;
  loop.run(
      [&](async::self me) -> async::awaitable<> {
        running at{loop.executor(), loop.registry(), options_for(brokers)};
        async::task_scope scope{loop.executor(), loop.registry()};
        kafka::state_store store{loop.executor(), scope, at.pool, options_for(brokers), topic};
        for (std::uint64_t i = 1; i <= 1100; ++i) {
          at.sink.put(topic, "shop/busy", event::to_json(position_at(i, 1)),
                      [](std::exception_ptr failed) { CHECK(!failed); });
        }
        store.use(&at.sink);
        co_await save(loop.executor(), store, "shop/busy", position_at(2000, 2));
        CHECK(co_await load(loop.executor(), store, "shop/quiet") == position_at(7, 1));
        CHECK(co_await load(loop.executor(), store, "shop/busy") == position_at(2000, 2));
        client.produce(topic, "shop/quiet", std::nullopt);
        CHECK_FALSE((co_await load(loop.executor(), store, "shop/quiet")).has_value());
        client.produce(topic, "shop/busy", "no position");
        try {
          (void)co_await load(loop.executor(), store, "shop/busy");
          FAIL("read something that is no position");
        } catch (const failure& why) {
          CHECK(why.decision() == verdict::corrupt);
        }
        co_await scope.join(1s);
        co_await at.close(me);
      },
      60s);
}

TEST_CASE("a state topic that must not be made, or cannot be reached, is said and not guessed") {
  const auto brokers = support::shared_brokers();
  const auto topic = support::unique_name("state");
  support::run_loop loop;
  loop.run([&](async::self) -> async::awaitable<> {
    async::blocking_pool pool{loop.executor(), loop.registry()};
    async::task_scope scope{loop.executor(), loop.registry()};
    auto with = options_for(brokers);
    with.may_create_topics = false;
    kafka::state_store forbidden{loop.executor(), scope, pool, with, topic};
    try {
      (void)co_await load(loop.executor(), forbidden, "shop/weir");
      FAIL("a topic that does not exist was read");
    } catch (const failure& why) {
      CHECK(why.decision() == verdict::permanent);
      CHECK(std::string{why.what()}.find(topic) != std::string::npos);
    }
    with.brokers = fmt::format("127.0.0.1:{}", support::free_port());
    kafka::state_store unreachable{loop.executor(), scope, pool, with, topic, 500ms};
    try {
      (void)co_await load(loop.executor(), unreachable, "shop/weir");
      FAIL("nobody was there and something was read");
    } catch (const failure& why) {
      CHECK(why.decision() == verdict::retry);
      CHECK(why.reason() == "state_unreachable");
    }
    co_await scope.join(1s);
  });
}

TEST_CASE("loading a position ends when it is cancelled") {
  support::run_loop loop;
  loop.run([&](async::self) -> async::awaitable<> {
    async::blocking_pool pool{loop.executor(), loop.registry()};
    async::task_scope scope{loop.executor(), loop.registry()};
    kafka::state_store store{loop.executor(), scope, pool,
                             options_for(fmt::format("127.0.0.1:{}", support::free_port())), "state"};
    bool is_told = false;
    store.load("shop/weir", [&](std::exception_ptr failed, event::stored_state) {
      is_told = true;
      CHECK(failed);
    });
    async::condition nothing{loop.executor()};
    (void)co_await nothing.wait_until(steady_clock::now() + 50ms);
    scope.cancel();
    co_await scope.join(3s);
    CHECK(is_told);
  });
}

}  // namespace
}  // namespace weir
