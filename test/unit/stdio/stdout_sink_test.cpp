#include <catch2/catch_test_macros.hpp>

#include <stdio/stdout_sink.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <support/recorder.hpp>
#include <support/run_loop.hpp>

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <string>

namespace weir {
namespace {

using namespace std::chrono_literals;
using event::acceptance;
using event::topic_kind;

class pipe_ends {
 public:
  pipe_ends() { REQUIRE(::pipe2(ends_.data(), O_CLOEXEC | O_NONBLOCK) == 0); }
  ~pipe_ends() {
    close_reader();
    (void)::close(ends_[1]);
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  [[nodiscard]] int writer() const { return ends_[1]; }
  void close_reader() {
    if (ends_[0] >= 0) (void)::close(ends_[0]);
    ends_[0] = -1;
  }
  [[nodiscard]] std::string read() const {
    std::string all;
    std::array<char, 65536> block{};
    for (ssize_t size = 0; (size = ::read(ends_[0], block.data(), block.size())) > 0;) {
      all.append(block.data(), static_cast<std::size_t>(size));
    }
    return all;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

/// A sink on two pipes, at work.
struct rig {
  explicit rig(support::run_loop& loop, bytes most = mebibyte)
      : heard(loop.executor()),
        sink(loop.executor(), lines.writer(), dead.writer(), most),
        scope(loop.executor(), loop.registry()) {
    sink.listen(heard);
    scope.spawn("lines", [this](async::self me) { return sink.run(me); });
  }
  async::awaitable<> end() {
    scope.cancel();
    co_await scope.join(2s);
    sink.close();
  }
  acceptance offer(event::channel& to, const event::record& what, event::entry_token entry) {
    event::share part{book, entry};
    const auto answer = to.offer(what, part, false);
    if (answer != acceptance::taken) part.settle(event::outcome::dropped);
    return answer;
  }

  pipe_ends lines;
  pipe_ends dead;
  support::counting_book book;
  support::recorder heard;
  stdio::stdout_sink sink;
  async::task_scope scope;
};

TEST_CASE("a record is one line of JSON with its documents embedded") {
  support::run_loop loop;
  loop.run([&](async::self) -> async::awaitable<> {
    rig at{loop};
    auto to = at.sink.open("orders", topic_kind::changes);
    const std::array headers{event::header{"weir.position", "1/0/10/1/0"}, event::header{"say", "\"hi\""}};
    event::record full;
    full.key = R"({"id":1})";
    full.value = R"({"a":"b"})";
    full.headers = headers;
    event::record tombstone;
    tombstone.key = R"({"id":1})";
    CHECK(at.offer(*to, full, 1) == acceptance::taken);
    CHECK(at.offer(*to, tombstone, 2) == acceptance::taken);
    CHECK(at.sink.outstanding() == 2);
    const bool is_told = co_await at.heard.until([&] { return at.heard.reports.size() == 2; });
    CHECK(is_told);
    CHECK(at.heard.reports[0].key == R"({"id":1})");
    CHECK(at.heard.reports[0].value == R"({"a":"b"})");
    CHECK_FALSE(at.heard.reports[1].value.has_value());
    CHECK(at.lines.read() ==
          "{\"topic\":\"orders\",\"key\":{\"id\":1},\"value\":{\"a\":\"b\"},\"headers\":{\"weir.position\":\"1/"
          "0/10/1/0\","
          "\"say\":\"\\\"hi\\\"\"}}\n"
          "{\"topic\":\"orders\",\"key\":{\"id\":1},\"value\":null,\"headers\":{}}\n");
    CHECK(at.book.settled == 2);
    co_await at.end();
  });
}

TEST_CASE("dead letters go to their own descriptor, and what is no JSON is shown in hex") {
  support::run_loop loop;
  loop.run([&](async::self) -> async::awaitable<> {
    rig at{loop};
    auto to = at.sink.open("dead", topic_kind::dead_letters);
    event::record what;
    what.key = R"({"id":1})";
    what.value = "\xff\n";
    CHECK(at.offer(*to, what, 1) == acceptance::taken);
    const bool is_told = co_await at.heard.until([&] { return at.heard.reports.size() == 1; });
    CHECK(is_told);
    // The report carries the record as it was: its size is what the budget gets back.
    CHECK(at.heard.reports[0].value == "\xff\n");
    CHECK(at.lines.read().empty());
    CHECK(at.dead.read() == "{\"topic\":\"dead\",\"key\":{\"id\":1},\"value_hex\":\"ff0a\",\"headers\":{}}\n");
    co_await at.end();
  });
}

TEST_CASE("a slow reader makes the sink busy; nothing is reported before it is written, nothing is torn") {
  constexpr int count = 3000;
  support::run_loop loop;
  loop.run([&](async::self) -> async::awaitable<> {
    rig at{loop, 16 * kibibyte};
    auto to = at.sink.open("orders", topic_kind::changes);
    const std::string value = fmt::format("\"{}\"", std::string(200, 'x'));
    std::string expected;
    std::string seen;
    bool was_busy = false;
    for (int i = 0; i < count; ++i) {
      event::record what;
      const auto key = fmt::to_string(i);
      what.key = key;
      what.value = value;
      expected += fmt::format("{{\"topic\":\"orders\",\"key\":{},\"value\":{},\"headers\":{{}}}}\n", i, value);
      while (at.offer(*to, what, static_cast<event::entry_token>(i)) == acceptance::busy) {
        was_busy = true;
        const int rooms = at.heard.rooms;
        CHECK(at.heard.reports.size() < static_cast<std::size_t>(count));
        seen += at.lines.read();
        (void)co_await at.heard.until([&] { return at.heard.rooms != rooms; });
      }
    }
    while (at.sink.outstanding() > 0) {
      seen += at.lines.read();
      (void)co_await at.heard.until([&] { return at.sink.outstanding() == 0; }, 10ms);
    }
    seen += at.lines.read();
    CHECK(was_busy);
    CHECK(seen == expected);
    CHECK(at.heard.reports.size() == count);
    co_await at.end();
  });
}

TEST_CASE("a reader that goes ends the run and settles nothing") {
  support::run_loop loop;
  loop.run([&](async::self) -> async::awaitable<> {
    rig at{loop};
    at.lines.close_reader();
    auto to = at.sink.open("orders", topic_kind::changes);
    event::record what;
    what.value = "1";
    CHECK(at.offer(*to, what, 1) == acceptance::taken);
    const bool is_told = co_await at.heard.until([&] { return at.heard.ends.size() == 1; });
    REQUIRE(is_told);
    CHECK(at.heard.ends[0].reason() == "output_closed");
    CHECK(at.heard.ends[0].decision() == verdict::permanent);
    CHECK(at.book.settled == 0);
    co_await at.end();
    CHECK(at.book.abandoned == 1);
  });
}

}  // namespace
}  // namespace weir
