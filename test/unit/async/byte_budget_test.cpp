#include <async/byte_budget.hpp>
#include <async/task_scope.hpp>

#include <support/run_loop.hpp>

#include <catch2/catch_test_macros.hpp>

#include <list>
#include <string>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

using namespace std::chrono_literals;
using weir::async::awaitable;
using weir::async::byte_budget;
using weir::async::self;
using weir::async::task_scope;
using weir::support::run_loop;

namespace {

/// Waits for room, takes it and writes its name down.
awaitable<> come_in(byte_budget* budget, weir::bytes size, std::string name, std::vector<std::string>* order) {
  co_await budget->wait_for_room(size);
  budget->take(size);
  order->push_back(name);
}

awaitable<> turns(int count) {
  const auto on = co_await boost::asio::this_coro::executor;
  for (int n = 0; n < count; ++n) co_await boost::asio::post(on, boost::asio::use_awaitable);
}

}  // namespace

TEST_CASE("what fits comes in, what was taken is counted, and the peak stays") {
  run_loop loop;
  byte_budget budget{loop.executor(), 100};
  CHECK(budget.has_room(100));
  budget.take(60);
  CHECK(budget.has_room(40));
  CHECK(!budget.has_room(41));
  budget.take(70);
  CHECK(budget.used() == 130);
  budget.release(130);
  CHECK(budget.used() == 0);
  CHECK(budget.peak() == 130);
  CHECK(budget.limit() == 100);
}

TEST_CASE("what is larger than the whole budget is let in alone") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    byte_budget budget{loop.executor(), 100};
    CHECK(budget.has_room(1000));
    budget.take(1);
    CHECK(!budget.has_room(1000));
    task_scope scope{loop.executor(), loop.registry()};
    std::vector<std::string> order;
    scope.spawn("giant", [&](self) { return come_in(&budget, 1000, "giant", &order); });
    co_await turns(5);
    CHECK(order.empty());
    budget.release(1);
    co_await scope.join(1s);
    CHECK(order == std::vector<std::string>{"giant"});
    CHECK(!budget.has_room(1));
    budget.release(1000);
  });
}

TEST_CASE("the first to wait is the first to come in: a small one does not pass a large one") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    byte_budget budget{loop.executor(), 100};
    budget.take(80);
    task_scope scope{loop.executor(), loop.registry()};
    std::vector<std::string> order;
    scope.spawn("large", [&](self) { return come_in(&budget, 90, "large", &order); });
    scope.spawn("small", [&](self) { return come_in(&budget, 5, "small", &order); });
    CHECK(!budget.has_room(5));
    co_await turns(5);
    CHECK(order.empty());
    budget.release(75);
    co_await scope.join(1s);
    CHECK(order == std::vector<std::string>{"large", "small"});
    CHECK(budget.used() == 100);
    budget.release(100);
  });
}

TEST_CASE("who stops waiting in the middle leaves its place to those behind") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    byte_budget budget{loop.executor(), 100};
    budget.take(100);
    std::vector<std::string> order;
    task_scope first{loop.executor(), loop.registry()};
    task_scope middle{loop.executor(), loop.registry()};
    task_scope last{loop.executor(), loop.registry()};
    first.spawn("first", [&](self) { return come_in(&budget, 40, "first", &order); });
    middle.spawn("middle", [&](self) { return come_in(&budget, 100, "middle", &order); });
    last.spawn("last", [&](self) { return come_in(&budget, 60, "last", &order); });
    budget.release(40);
    co_await turns(5);
    CHECK(order == std::vector<std::string>{"first"});
    budget.release(60);
    co_await turns(5);
    CHECK(order.size() == 1);
    middle.cancel();
    co_await middle.join(1s);
    co_await last.join(1s);
    CHECK(order == std::vector<std::string>{"first", "last"});
    co_await first.join(1s);
    budget.release(100);
    CHECK(budget.has_room(100));
  });
}

TEST_CASE("a hundred waiters come in one after another, in their order, never above the limit") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    byte_budget budget{loop.executor(), 10};
    budget.take(10);
    task_scope scope{loop.executor(), loop.registry()};
    std::vector<std::string> order;
    std::vector<std::string> expected;
    for (int n = 0; n < 100; ++n) {
      expected.push_back(std::to_string(n));
      scope.spawn("waiter", [&, n](self) { return come_in(&budget, 3, std::to_string(n), &order); });
    }
    budget.release(10);
    while (order.size() < 100) {
      co_await turns(1);
      CHECK(budget.used() <= 10);
      if (budget.used() >= 9) budget.release(3);
    }
    co_await scope.join(1s);
    CHECK(order == expected);
    CHECK(budget.peak() <= 10);
  });
}
