#include <async/condition.hpp>

#include <support/run_loop.hpp>

#include <catch2/catch_test_macros.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

using namespace std::chrono_literals;
using weir::steady_clock;
using weir::async::awaitable;
using weir::async::condition;
using weir::async::self;
using weir::async::task_scope;
using weir::support::run_loop;

TEST_CASE("everybody who waits is told, whoever waits later is not") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    condition word{loop.executor()};
    task_scope scope{loop.executor(), loop.registry()};
    int told = 0;
    for (int n = 0; n < 10; ++n) {
      scope.spawn("listener", [&](self) -> awaitable<> {
        co_await word.wait();
        ++told;
      });
    }
    word.notify_all();
    CHECK(!co_await word.wait_until(steady_clock::now()));
    CHECK(told == 10);
    co_await scope.join(1s);
  });
}

TEST_CASE("a wait says whether it was told or the time came") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    condition word{loop.executor()};
    task_scope scope{loop.executor(), loop.registry()};
    CHECK(!co_await word.wait_until(steady_clock::now() - 1h));
    scope.spawn("teller", [&](self) -> awaitable<> {
      word.notify_all();
      co_return;
    });
    bool was_told = false;
    scope.spawn("listener",
                [&](self) -> awaitable<> { was_told = co_await word.wait_until(steady_clock::now() + 1h); });
    word.notify_all();
    word.notify_all();
    co_await scope.join(1s);
    CHECK(was_told);
  });
}

TEST_CASE("a waiter that comes again in its own wake-up is not told twice by one word") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    condition word{loop.executor()};
    task_scope scope{loop.executor(), loop.registry()};
    int rounds = 0;
    scope.spawn("listener", [&](self) -> awaitable<> {
      while (true) {
        co_await word.wait();
        ++rounds;
      }
    });
    for (int n = 1; n <= 5; ++n) {
      word.notify_all();
      while (rounds < n) co_await boost::asio::post(loop.executor(), boost::asio::use_awaitable);
      CHECK(rounds == n);
    }
    scope.cancel();
    co_await scope.join(1s);
    CHECK(rounds == 5);
  });
}

TEST_CASE("a waiter that is cancelled is cancelled, also when it is told in the same turn") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    condition word{loop.executor()};
    for (const bool is_told_too : {false, true}) {
      task_scope scope{loop.executor(), loop.registry()};
      bool is_cancelled = false;
      scope.spawn("listener", [&](self) -> awaitable<> {
        try {
          co_await word.wait();
        } catch (const boost::system::system_error& error) {
          is_cancelled = error.code() == boost::asio::error::operation_aborted;
        }
      });
      if (is_told_too) word.notify_all();
      scope.cancel();
      co_await scope.join(1s);
      CHECK(is_cancelled);
    }
    word.notify_all();
  });
}
