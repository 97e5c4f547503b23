#include <async/condition.hpp>
#include <async/task_scope.hpp>

#include <support/run_loop.hpp>

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;
namespace asio = boost::asio;
using weir::async::awaitable;
using weir::async::condition;
using weir::async::late_tasks;
using weir::async::self;
using weir::async::task_scope;
using weir::support::run_loop;

namespace {

awaitable<> wait_for(condition* what, self me) { co_await me.wait("a word", weir::async::idle, what->wait()); }

awaitable<> fail_after(condition* what, std::string word, self /*me*/) {
  co_await what->wait();
  throw std::runtime_error{word};
}

awaitable<> fail_at_once(std::string word, self /*me*/) {
  throw std::runtime_error{word};
  co_return;
}

/// Hears the order to end and goes on all the same, until it is let go.
awaitable<> ignore_cancellation(condition* until, const bool* is_free, self /*me*/) {
  while (!*is_free) {
    try {
      co_await until->wait();
    } catch (const boost::system::system_error&) {
    }
    co_await asio::this_coro::reset_cancellation_state();
  }
}

awaitable<> turn() { co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable); }

}  // namespace

TEST_CASE("a scope counts and names its tasks, and joins when the last has ended") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    condition word{loop.executor()};
    task_scope scope{loop.executor(), loop.registry()};
    scope.spawn("one", [&](self me) { return wait_for(&word, me); });
    scope.spawn("two", [&](self me) { return wait_for(&word, me); });
    CHECK(scope.size() == 2);
    CHECK(scope.names() == std::vector<std::string>{"one", "two"});
    co_await turn();
    CHECK(loop.registry().rows().back().waits_for == "a word");
    word.notify_all();
    co_await scope.join(1s);
    CHECK(scope.size() == 0);
    CHECK(!scope.is_cancelled());
  });
}

TEST_CASE("the first failure is kept and cancels the others") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    condition word{loop.executor()};
    condition never{loop.executor()};
    task_scope scope{loop.executor(), loop.registry()};
    scope.spawn("waits", [&](self me) { return wait_for(&never, me); });
    scope.spawn("fails", [&](self me) { return fail_after(&word, "first", me); });
    scope.spawn("fails too", [&](self me) { return fail_after(&word, "second", me); });
    co_await turn();
    word.notify_all();
    std::string told;
    try {
      co_await scope.join(1s);
    } catch (const std::runtime_error& failure) {
      told = failure.what();
    }
    CHECK(told == "first");
    CHECK(scope.is_cancelled());
    CHECK(scope.first_failure() != nullptr);
  });
}

TEST_CASE("cancellation is no failure, but the same error without an order is one") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    condition never{loop.executor()};
    task_scope ordered{loop.executor(), loop.registry()};
    ordered.spawn("waits", [&](self me) { return wait_for(&never, me); });
    ordered.cancel();
    co_await ordered.join(1s);
    CHECK(ordered.first_failure() == nullptr);

    task_scope alone{loop.executor(), loop.registry()};
    alone.spawn("aborts", [](self) -> awaitable<> {
      throw boost::system::system_error{asio::error::operation_aborted};
      co_return;
    });
    bool is_told = false;
    try {
      co_await alone.join(1s);
    } catch (const boost::system::system_error&) {
      is_told = true;
    }
    CHECK(is_told);
  });
}

TEST_CASE("000-5 a join ends at its deadline and names who is late") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    condition never{loop.executor()};
    condition release{loop.executor()};
    bool is_free = false;
    task_scope scope{loop.executor(), loop.registry()};
    scope.spawn("obeys", [&](self me) { return wait_for(&never, me); });
    scope.spawn("stays", [&](self me) { return ignore_cancellation(&release, &is_free, me); });
    scope.cancel();
    std::vector<std::string> late;
    std::string sentence;
    try {
      co_await scope.join(10ms);
    } catch (const late_tasks& told) {
      late = told.names();
      sentence = told.what();
    }
    CHECK(late == std::vector<std::string>{"stays"});
    CHECK(sentence == "tasks that did not end in time: stays");
    CHECK(scope.size() == 1);
    is_free = true;
    release.notify_all();
    co_await scope.join(1s);
  });
}

TEST_CASE("a join that is cancelled cancels its tasks and still waits for them") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    condition never{loop.executor()};
    task_scope inner{loop.executor(), loop.registry()};
    task_scope outer{loop.executor(), loop.registry()};
    inner.spawn("waits", [&](self me) { return wait_for(&never, me); });
    outer.spawn("joins", [&](self) { return inner.join(1s); });
    co_await turn();
    outer.cancel();
    co_await outer.join(1s);
    CHECK(inner.is_cancelled());
    CHECK(inner.size() == 0);
  });
}

TEST_CASE("a task that is spawned after the cancellation ends at its first wait") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    condition never{loop.executor()};
    task_scope scope{loop.executor(), loop.registry()};
    scope.cancel();
    for (int n = 0; n < 10; ++n) scope.spawn("late", [&](self me) { return wait_for(&never, me); });
    co_await scope.join(1s);
    CHECK(scope.size() == 0);
  });
}

TEST_CASE("a task may end before spawn returns, also one that fails or cancels its own scope") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    task_scope quick{loop.executor(), loop.registry()};
    quick.spawn("nothing", [](self) -> awaitable<> { co_return; });
    co_await quick.join(1s);

    task_scope own{loop.executor(), loop.registry()};
    own.spawn("cancels", [&own](self) -> awaitable<> {
      own.cancel();
      co_return;
    });
    own.spawn("nothing", [](self) -> awaitable<> { co_return; });
    co_await own.join(1s);
    CHECK(own.size() == 0);

    task_scope failing{loop.executor(), loop.registry()};
    failing.spawn("fails", [](self me) { return fail_at_once("at once", me); });
    CHECK_THROWS_AS(co_await failing.join(1s), std::runtime_error);
    CHECK(failing.size() == 0);
  });
}

TEST_CASE("000-6 ten orders to stop, from within and without, are one") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    condition never{loop.executor()};
    task_scope scope{loop.executor(), loop.registry()};
    int ends = 0;
    for (int n = 0; n < 5; ++n) {
      scope.spawn("stops all", [&](self me) -> awaitable<> {
        try {
          co_await wait_for(&never, me);
        } catch (const boost::system::system_error&) {
          ++ends;
        }
        scope.cancel();
      });
    }
    co_await turn();
    for (int n = 0; n < 5; ++n) scope.cancel();
    co_await scope.join(1s);
    co_await scope.join(1s);
    CHECK(ends == 5);
  });
}

TEST_CASE("a thousand tasks that end each other while they are cancelled all end once") {
  run_loop loop;
  loop.run([&]() -> awaitable<> {
    condition word{loop.executor()};
    task_scope scope{loop.executor(), loop.registry()};
    for (int n = 0; n < 1000; ++n) {
      scope.spawn("worker", [&, n](self me) -> awaitable<> {
        if (n % 3 == 0) co_return;
        if (n % 3 == 1) co_await turn();
        co_await wait_for(&word, me);
      });
    }
    co_await turn();
    word.notify_all();
    scope.cancel();
    co_await scope.join(1s);
    CHECK(scope.size() == 0);
    CHECK(loop.registry().size() == 1);
  });
}

TEST_CASE("a scope that is destroyed with a live task ends the process and names the task") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    // The test framework's handler would report the abort as this test's failure.
    std::signal(SIGABRT, SIG_DFL);
    asio::io_context context;
    weir::async::task_registry registry;
    condition never{context.get_executor()};
    {
      task_scope scope{context.get_executor(), registry};
      scope.spawn("left behind", [&](self me) { return wait_for(&never, me); });
      context.poll();
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said;
  for (char part[256]; const auto size = ::read(ends[0], part, sizeof part);) {
    if (size < 0) break;
    said.append(part, static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
  CHECK(said.find("left behind") != std::string::npos);
}

TEST_CASE("cancellation is told from other failures") {
  const auto of = [](auto raised) { return weir::async::is_cancellation(std::make_exception_ptr(raised)); };
  CHECK(of(boost::system::system_error{asio::error::operation_aborted}));
  CHECK(!of(boost::system::system_error{asio::error::eof}));
  CHECK(!of(std::runtime_error{"aborted"}));
  CHECK(!weir::async::is_cancellation(nullptr));
}
