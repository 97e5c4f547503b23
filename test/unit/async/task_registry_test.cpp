#include <async/condition.hpp>
#include <async/task_registry.hpp>

#include <support/run_loop.hpp>

#include <catch2/catch_test_macros.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

using namespace std::chrono_literals;
using weir::async::awaitable;
using weir::async::self;
using weir::async::task_registry;
using weir::async::task_scope;

TEST_CASE("tasks of one name are one group with its oldest age and what they wait for") {
  task_registry registry;
  const weir::steady_time start{1h};
  const auto add = [&](const char* name, const char* waits_for, auto age, auto resumed) {
    const auto row = registry.add(name);
    row->waits_for = waits_for;
    row->started = start - age;
    row->last_resume = start - resumed;
  };
  add("lane", "records", 5s, 1s);
  add("stream", "the server", 9s, 2s);
  add("lane", "a report", 7s, 3s);
  add("lane", "records", 6s, 0s);

  const auto groups = registry.grouped();
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].name == "lane");
  CHECK(groups[0].count == 3);
  CHECK(groups[0].oldest_start == start - 7s);
  CHECK(groups[0].oldest_resume == start - 3s);
  CHECK(groups[0].waits == std::map<std::string, std::size_t>{{"a report", 1}, {"records", 2}});
  CHECK(groups[1].name == "stream");
}

TEST_CASE("a wait is overdue only after its bound and the grace, an idle one never") {
  task_registry registry;
  const auto row = registry.add("stream");
  const weir::steady_time now{1h};
  CHECK(registry.overdue(now, 0s).empty());
  row->due = now - 10s;
  CHECK(registry.overdue(now, 10s).empty());
  REQUIRE(registry.overdue(now, 9s).size() == 1);
  CHECK(registry.overdue(now, 9s)[0].name == "stream");
  row->due = weir::steady_time::max();
  CHECK(registry.overdue(now, 0s).empty());
}

TEST_CASE("a task shows what it waits for, and no more once it has it, or was refused it") {
  weir::support::run_loop loop;
  loop.run([&]() -> awaitable<> {
    weir::async::condition word{loop.executor()};
    task_scope scope{loop.executor(), loop.registry()};
    bool is_over = false;
    scope.spawn("asker", [&](self me) -> awaitable<> {
      co_await me.wait("a word", 1min, word.wait());
      try {
        co_await me.wait("a word that never comes", weir::async::idle, word.wait());
      } catch (const boost::system::system_error&) {
      }
      is_over = loop.registry().rows().back().waits_for.empty();
    });
    const auto& row = loop.registry().rows().back();
    CHECK(row.waits_for == "a word");
    CHECK(row.due > weir::steady_clock::now() + 50s);
    const auto before = row.last_resume;
    word.notify_all();
    while (row.waits_for == "a word") co_await boost::asio::post(loop.executor(), boost::asio::use_awaitable);
    CHECK(row.waits_for == "a word that never comes");
    CHECK(row.due == weir::steady_time::max());
    CHECK(row.last_resume >= before);
    scope.cancel();
    co_await scope.join(1s);
    CHECK(is_over);
  });
}
