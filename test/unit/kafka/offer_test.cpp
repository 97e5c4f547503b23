#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>

#include <chrono>
#include <string>

#include <kafka/errors.hpp>

#include "mock_cluster.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using event::acceptance;
using event::topic_kind;
using kafka::meaning;
using result = event::report::result;

TEST_CASE("002-4 whatever the library answers to an offer, a share is out only when the record was taken") {
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    for (const auto& row : kafka::error_table()) {
      if (row.is == meaning::none) continue;
      CAPTURE(kafka::name_of(row.code));
      running at{loop.executor(), loop.registry(), mock_cluster::options()};
      auto to = at.sink.open("orders", topic_kind::changes);
      kafka::seam::answer_offers_with(at.sink, row.code);
      event::share part{at.book, 1};
      const auto answer = to->offer(record_of("k", "v"), part, false);
      CHECK(answer == (row.is == meaning::guilty ? acceptance::refused : acceptance::busy));
      CHECK(part.is_open());
      CHECK(at.sink.outstanding() == 0);
      if (answer == acceptance::refused) CHECK(to->why().code == kafka::name_of(row.code));
      // A handle that is of no use says so; nothing is left waiting in silence.
      if (row.is == meaning::useless) {
        const bool is_told = co_await at.heard.until([&] { return at.heard.ends.size() == 1; });
        CHECK(is_told);
      }
      kafka::seam::answer_offers_with(at.sink, 0);
      part.settle(event::outcome::dropped);
      co_await at.close(me);
      CHECK(at.book.abandoned == 0);
    }
  });
}

TEST_CASE("002-4 a full queue is backpressure: busy, then room, and nothing is lost") {
  constexpr int count = 500;
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    running at{loop.executor(), loop.registry(), mock_cluster::options()};
    mock_cluster cluster{at.sink};
    cluster.create_topic("orders");
    auto to = at.sink.open("orders", topic_kind::changes);
    int taken = 0;
    for (int i = 0; i < count; ++i) {
      const bool is_full = i == 100 || i == 300;
      if (is_full) {
        kafka::seam::answer_offers_with(at.sink, RD_KAFKA_RESP_ERR__QUEUE_FULL);
        event::share part{at.book, 1};
        const auto rooms = at.heard.rooms;
        CHECK(to->offer(record_of("k", "v"), part, false) == acceptance::busy);
        CHECK(part.is_open());
        part.settle(event::outcome::dropped);
        kafka::seam::answer_offers_with(at.sink, 0);
        const bool has_room = co_await at.heard.until([&] { return at.heard.rooms > rooms; });
        CHECK(has_room);
      }
      const auto answer = co_await at.send(*to, record_of("k", fmt::to_string(i)), 2);
      taken += answer == acceptance::taken ? 1 : 0;
    }
    const bool is_settled = co_await at.settled();
    CHECK(is_settled);
    CHECK(taken == count);
    CHECK(at.heard.count(result::delivered) == count);
    CHECK(at.heard.ends.empty());
    CHECK(at.sink.counted().busy == 2);
    CHECK(at.sink.counted().errors.empty());
    co_await at.close(me);
  });
}

TEST_CASE("002-9 a name that no topic can have is refused, with the name") {
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    running at{loop.executor(), loop.registry(), mock_cluster::options()};
    for (const std::string name : {"", ".", "..", "a b", "a/b", "ä"}) {
      CAPTURE(name);
      auto to = at.sink.open(name, topic_kind::changes);
      event::share part{at.book, 1};
      CHECK(to->offer(record_of("k", "v"), part, false) == acceptance::refused);
      CHECK(part.is_open());
      CHECK(to->why().code == "TOPIC_EXCEPTION");
      CHECK(to->why().sentence.find(name) != std::string::npos);
      part.settle(event::outcome::dead_lettered);
    }
    co_await at.close(me);
  });
}

TEST_CASE("shares of two ledgers never meet in one producer") {
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    running at{loop.executor(), loop.registry(), mock_cluster::options()};
    auto to = at.sink.open("orders", topic_kind::changes);
    event::share part{at.book, 1};
    CHECK(to->offer(record_of("k", "v"), part, false) == acceptance::taken);
    support::counting_book other;
    event::share foreign{other, 1};
    CHECK_THROWS_AS(to->offer(record_of("k", "v"), foreign, false), std::logic_error);
    foreign.settle(event::outcome::dropped);
    co_await at.close(me);
  });
}

}  // namespace
}  // namespace weir
