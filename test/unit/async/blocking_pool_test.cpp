#include <async/blocking_pool.hpp>
#include <async/task_scope.hpp>

#include <support/run_loop.hpp>

#include <catch2/catch_test_macros.hpp>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

using namespace std::chrono_literals;
using weir::async::awaitable;
using weir::async::blocking_pool;
using weir::async::self;
using weir::async::task_scope;
using weir::support::run_loop;

namespace {

awaitable<> until_idle(const blocking_pool* pool) {
  const auto on = co_await boost::asio::this_coro::executor;
  while (pool->size() > 0) co_await boost::asio::post(on, boost::asio::use_awaitable);
}

awaitable<> call_into(blocking_pool* pool, std::shared_future<int> gate, int* into, self me) {
  *into = co_await pool->run(me, "gate", [gate = std::move(gate)] { return gate.get(); });
}

}  // namespace

TEST_CASE("a blocking call gives its result, or nothing, to the task that waits") {
  run_loop loop;
  blocking_pool pool{loop.executor(), loop.registry()};
  loop.run([&](self me) -> awaitable<> {
    CHECK(co_await pool.run(me, "text", [] { return std::string{"seven"}; }) == "seven");
    bool was_called = false;
    co_await pool.run(me, "nothing", [&] { was_called = true; });
    CHECK(was_called);
    CHECK(pool.size() == 0);
    CHECK(loop.registry().size() == 1);
  });
}

TEST_CASE("what a blocking call throws is thrown to the task that waits") {
  run_loop loop;
  blocking_pool pool{loop.executor(), loop.registry()};
  loop.run([&](self me) -> awaitable<> {
    std::string told;
    try {
      co_await pool.run(me, "fails", [] { throw std::runtime_error{"no such host"}; });
    } catch (const std::runtime_error& failure) {
      told = failure.what();
    }
    CHECK(told == "no such host");
    CHECK(pool.size() == 0);
  });
}

TEST_CASE("a blocking call has a row of its own, and its waiter says what it waits for") {
  run_loop loop;
  blocking_pool pool{loop.executor(), loop.registry()};
  loop.run([&]() -> awaitable<> {
    std::promise<int> gate;
    int got = 0;
    task_scope scope{loop.executor(), loop.registry()};
    scope.spawn("asker",
                [&, open = gate.get_future().share()](self me) { return call_into(&pool, open, &got, me); });
    CHECK(pool.size() == 1);
    CHECK(loop.registry().grouped()[1].name == "blocking gate");
    CHECK(loop.registry().grouped()[0].waits.contains("a blocking call"));
    gate.set_value(7);
    co_await scope.join(5s);
    CHECK(got == 7);
  });
}

TEST_CASE("000-5 who stops waiting is free at once; the call goes on and its result is dropped") {
  run_loop loop;
  blocking_pool pool{loop.executor(), loop.registry()};
  loop.run([&]() -> awaitable<> {
    std::promise<int> gate;
    int got = 0;
    task_scope scope{loop.executor(), loop.registry()};
    scope.spawn("asker",
                [&, open = gate.get_future().share()](self me) { return call_into(&pool, open, &got, me); });
    scope.cancel();
    co_await scope.join(1s);
    CHECK(pool.size() == 1);
    gate.set_value(7);
    co_await until_idle(&pool);
    CHECK(got == 0);
    CHECK(loop.registry().size() == 1);
  });
}

TEST_CASE("what a call owns is destroyed on the loop") {
  run_loop loop;
  blocking_pool pool{loop.executor(), loop.registry()};
  loop.run([&](self me) -> awaitable<> {
    struct witness {
      explicit witness(std::thread::id& place) : where(place) {}
      ~witness() { where = std::this_thread::get_id(); }
      witness(const witness&) = delete;
      witness& operator=(const witness&) = delete;
      std::thread::id& where;
    };
    std::thread::id died_on;
    std::thread::id ran_on;
    co_await pool.run(me, "owner", [own = std::make_shared<witness>(died_on), &ran_on] {
      ran_on = std::this_thread::get_id();
    });
    co_await until_idle(&pool);
    CHECK(died_on == std::this_thread::get_id());
    CHECK(ran_on != std::this_thread::get_id());
  });
}

TEST_CASE("too many calls are refused instead of piling up") {
  run_loop loop;
  blocking_pool pool{loop.executor(), loop.registry()};
  loop.run([&](self me) -> awaitable<> {
    std::promise<int> gate;
    const auto open = gate.get_future().share();
    std::vector<int> got(32);
    task_scope scope{loop.executor(), loop.registry()};
    for (auto& each : got) {
      scope.spawn("asker", [&pool, &each, open](self own) { return call_into(&pool, open, &each, own); });
    }
    CHECK(pool.size() == 32);
    std::string told;
    try {
      co_await pool.run(me, "one more", [] {});
    } catch (const std::runtime_error& refusal) {
      told = refusal.what();
    }
    CHECK(told == "too many blocking calls wait already: one more");
    gate.set_value(1);
    co_await scope.join(5s);
    CHECK(pool.size() == 0);
  });
}
