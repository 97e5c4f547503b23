#include <async/readiness.hpp>
#include <async/task_scope.hpp>

#include <support/run_loop.hpp>

#include <catch2/catch_test_macros.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace std::chrono_literals;
using weir::async::awaitable;
using weir::async::readiness;
using weir::async::self;
using weir::async::task_scope;
using weir::support::run_loop;

namespace {

/// Two connected sockets that somebody else than Asio owns.
struct connected {
  connected() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0); }
  ~connected() {
    for (const int each : ends) {
      if (each >= 0) ::close(each);
    }
  }
  connected(const connected&) = delete;
  connected& operator=(const connected&) = delete;

  void say() const { REQUIRE(::write(ends[1], "x", 1) == 1); }
  void fill() const {
    const char block[4096] = {};
    while (::write(ends[0], block, sizeof block) > 0) {
    }
  }
  int ends[2] = {-1, -1};
};

bool is_open(int number) { return ::fcntl(number, F_GETFD) >= 0; }

awaitable<> turns(int count) {
  const auto on = co_await boost::asio::this_coro::executor;
  for (int n = 0; n < count; ++n) co_await boost::asio::post(on, boost::asio::use_awaitable);
}

}  // namespace

TEST_CASE("a descriptor is readable when something came, also when it came before the wait") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    const connected pair;
    readiness ready{loop.executor()};
    ready.watch(pair.ends[0]);
    pair.say();
    co_await ready.readable();
    co_await ready.readable();  // nothing was read: it still is
    char byte = 0;
    REQUIRE(::read(pair.ends[0], &byte, 1) == 1);

    task_scope scope{loop.executor(), loop.registry()};
    bool is_told = false;
    scope.spawn("reader", [&](self) -> awaitable<> {
      co_await ready.readable();
      is_told = true;
    });
    co_await turns(5);
    CHECK(!is_told);
    pair.say();
    co_await scope.join(1s);
    CHECK(is_told);
  });
}

TEST_CASE("either ends with whichever comes first") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    const connected pair;
    readiness ready{loop.executor()};
    ready.watch(pair.ends[0]);
    co_await ready.either();  // writable at once
    pair.fill();
    task_scope scope{loop.executor(), loop.registry()};
    bool is_told = false;
    scope.spawn("either", [&](self) -> awaitable<> {
      co_await ready.either();
      is_told = true;
    });
    co_await turns(5);
    CHECK(!is_told);
    pair.say();
    co_await scope.join(1s);
    CHECK(is_told);
  });
}

TEST_CASE("letting go and going away leave the descriptor open to its owner") {
  run_loop loop;
  const connected pair;
  {
    readiness ready{loop.executor()};
    ready.watch(pair.ends[0]);
    CHECK(ready.is_watching());
    ready.reset();
    CHECK(!ready.is_watching());
    ready.reset();
    CHECK(is_open(pair.ends[0]));
    ready.watch(pair.ends[0]);
  }
  CHECK(is_open(pair.ends[0]));
}

TEST_CASE("a socket that was reopened under the same number is seen after reset and watch") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    connected first;
    readiness ready{loop.executor()};
    ready.watch(first.ends[0]);
    co_await ready.writable();
    for (int n = 0; n < 10; ++n) {
      ready.reset();
      const connected second;
      const int number = first.ends[0];
      // As libpq does it: the old socket closes, the next one gets its number.
      REQUIRE(::dup2(second.ends[0], number) == number);
      ready.watch(number);
      second.say();
      co_await ready.readable();
    }
    ready.reset();
  });
}

TEST_CASE("a wait for readiness ends when its task is cancelled or the descriptor is let go") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    const connected pair;
    pair.fill();
    readiness ready{loop.executor()};
    ready.watch(pair.ends[0]);
    task_scope scope{loop.executor(), loop.registry()};
    scope.spawn("reader", [&](self) { return ready.readable(); });
    scope.spawn("either", [&](self) { return ready.either(); });
    co_await turns(2);
    scope.cancel();
    co_await scope.join(1s);

    task_scope second{loop.executor(), loop.registry()};
    bool is_ended = false;
    second.spawn("reader", [&](self) -> awaitable<> {
      try {
        co_await ready.readable();
      } catch (const boost::system::system_error&) {
        is_ended = true;
      }
    });
    co_await turns(2);
    ready.reset();
    co_await second.join(1s);
    CHECK(is_ended);
  });
}
