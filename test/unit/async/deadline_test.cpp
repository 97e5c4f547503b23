#include <async/condition.hpp>
#include <async/deadline.hpp>

#include <support/run_loop.hpp>

#include <catch2/catch_test_macros.hpp>

#include <optional>
#include <stdexcept>
#include <string>

#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/steady_timer.hpp>

using namespace std::chrono_literals;
namespace asio = boost::asio;
using weir::steady_clock;
using weir::async::awaitable;
using weir::async::condition;
using weir::async::deadline_exceeded;
using weir::async::self;
using weir::async::with_deadline;
using weir::support::run_loop;
using channel = asio::experimental::channel<void(boost::system::error_code, int)>;

namespace {

awaitable<int> take(channel* from) { co_return co_await from->async_receive(asio::use_awaitable); }

awaitable<> wait_until(weir::steady_time at) {
  asio::steady_timer timer{co_await asio::this_coro::executor, at};
  co_await timer.async_wait(asio::use_awaitable);
}

awaitable<int> take_after(channel* from, weir::steady_time at) {
  co_await wait_until(at);
  co_return co_await from->async_receive(asio::use_awaitable);
}

awaitable<int> answer(int value) { co_return value; }

awaitable<> fail(std::string word) {
  throw std::runtime_error{word};
  co_return;
}

/// What a deadline made of an operation: its value, or the sentence of the exception.
template <class T>
awaitable<std::string> outcome_of(awaitable<T> operation) {
  try {
    (void)co_await std::move(operation);
    co_return "done";
  } catch (const std::exception& failure) {
    co_return failure.what();
  }
}

awaitable<std::string> void_outcome_of(awaitable<> operation) {
  try {
    co_await std::move(operation);
    co_return "done";
  } catch (const std::exception& failure) {
    co_return failure.what();
  }
}

}  // namespace

TEST_CASE("an operation in time gives its value, its failure or nothing") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    const auto later = steady_clock::now() + 1h;
    CHECK(co_await with_deadline(answer(7), later, "an answer") == 7);
    CHECK(co_await void_outcome_of(with_deadline(fail("broken"), later, "a failure")) == "broken");
    CHECK(co_await void_outcome_of(with_deadline(wait_until(steady_clock::now()), later, "a wait")) == "done");
  });
}

TEST_CASE("an operation that is late is cancelled and told by name, with a value or without") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    const auto now = steady_clock::now();
    condition never{loop.executor()};
    channel empty{loop.executor(), 1};
    CHECK(co_await void_outcome_of(with_deadline(never.wait(), now + 1ms, "a word")) == "timed out: a word");
    CHECK(co_await outcome_of(with_deadline(take(&empty), now + 1ms, "a value")) == "timed out: a value");
    CHECK(co_await outcome_of(with_deadline(take(&empty), now - 1h, "a value")) == "timed out: a value");
  });
}

TEST_CASE("a value is kept when operation and deadline are done in one turn, 500 of 500 times") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    int kept = 0;
    for (int n = 0; n < 500; ++n) {
      channel one{loop.executor(), 1};
      REQUIRE(one.try_send(boost::system::error_code{}, n));
      if (co_await with_deadline(take(&one), steady_clock::now(), "a value") == n) ++kept;
    }
    CHECK(kept == 500);
  });
}

TEST_CASE("a value is either given or still there, whoever wins, 500 of 500 times") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    int given = 0;
    int still_there = 0;
    for (int n = 0; n < 500; ++n) {
      channel one{loop.executor(), 1};
      REQUIRE(one.try_send(boost::system::error_code{}, n));
      const auto at = steady_clock::now() + std::chrono::microseconds{n % 50};
      try {
        if (co_await with_deadline(take_after(&one, at), at, "a value") == n) ++given;
      } catch (const deadline_exceeded&) {
        one.try_receive([&](boost::system::error_code, int value) { still_there += value == n ? 1 : 0; });
      }
    }
    CHECK(given + still_there == 500);
  });
}

TEST_CASE("the outer deadline ends what an inner one would still allow") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    condition never{loop.executor()};
    const auto now = steady_clock::now();
    auto inner = with_deadline(never.wait(), now + 1h, "the inner wait");
    CHECK(co_await void_outcome_of(with_deadline(std::move(inner), now + 1ms, "the outer wait")) ==
          "timed out: the outer wait");
    auto sooner = with_deadline(never.wait(), now + 1ms, "the inner wait");
    CHECK(co_await void_outcome_of(with_deadline(std::move(sooner), now + 1h, "the outer wait")) ==
          "timed out: the inner wait");
  });
}

TEST_CASE("a task that is cancelled within a deadline is cancelled, not late") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    condition never{loop.executor()};
    weir::async::task_scope scope{loop.executor(), loop.registry()};
    std::string told;
    scope.spawn("waits", [&](self) -> awaitable<> {
      std::exception_ptr raised;
      try {
        co_await with_deadline(never.wait(), steady_clock::now() + 1h, "a word");
      } catch (...) {
        raised = std::current_exception();
      }
      told = weir::async::is_cancellation(raised) ? "cancelled" : "something else";
    });
    scope.cancel();
    co_await scope.join(1s);
    CHECK(told == "cancelled");
  });
}

TEST_CASE("000-7 a deadline leaves neither timer nor task behind") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    for (int n = 0; n < 1000; ++n) {
      CHECK(co_await with_deadline(answer(n), steady_clock::now() + 1h, "an answer") == n);
    }
    CHECK(loop.registry().size() == 1);
  });
  // The loop itself insists that no timer of an hour is left.
}
