#include <support/run_loop.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace async = weir::async;
namespace asio = boost::asio;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using weir::support::run_loop;
using namespace std::chrono_literals;

namespace {

async::awaitable<int> answer(async::self me) {
  asio::steady_timer timer{co_await asio::this_coro::executor, 1ms};
  co_await me.wait("the answer", 1s, timer.async_wait(asio::use_awaitable));
  co_return 42;
}

async::awaitable<> never(async::self me) {
  asio::steady_timer timer{co_await asio::this_coro::executor, 1h};
  co_await me.wait("doomsday", async::idle, timer.async_wait(asio::use_awaitable));
}

async::awaitable<> fails() {
  throw std::logic_error("as planned");
  co_return;
}

}  // namespace

TEST_CASE("a coroutine's value comes out of its loop") {
  run_loop loop;
  CHECK(loop.run(answer) == 42);
  CHECK(loop.run(answer) == 42);
}

TEST_CASE("what a coroutine throws comes out of its loop") {
  run_loop loop;
  CHECK_THROWS_AS(loop.run(fails), std::logic_error);
}

TEST_CASE("a coroutine that does not end fails its test and says what it waits for") {
  run_loop loop;
  CHECK_THROWS_MATCHES(loop.run(never, 20ms), std::runtime_error,
                       MessageMatches(ContainsSubstring("test waits for: doomsday")));
}

TEST_CASE("a timer that outlives the test's coroutine is found") {
  run_loop loop;
  asio::steady_timer forgotten{loop.context(), 1h};
  forgotten.async_wait([](const boost::system::error_code&) {});
  CHECK_THROWS_MATCHES(loop.run(answer), std::runtime_error,
                       MessageMatches(ContainsSubstring("still has work")));
}
