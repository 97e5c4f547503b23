#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <support/kafka_client.hpp>

#include <fmt/format.h>
#include <async/deadline.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <string>
#include <vector>

#include <kafka/errors.hpp>
#include <kafka/judgement.hpp>

#include "mock_cluster.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using event::acceptance;
using event::topic_kind;
using result = event::report::result;

TEST_CASE(
    "A1 002-4 after one retriable error of the first batch the log holds exactly what was reported as "
    "delivered") {
  const auto error =
      GENERATE(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
               RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
  CAPTURE(kafka::name_of(error));
  constexpr int count = 400;
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    running at{loop.executor(), loop.registry(), mock_cluster::options({{"batch.num.messages", "10"}})};
    mock_cluster cluster{at.sink};
    cluster.create_topic("warm");
    cluster.create_topic("fresh");
    auto warm = at.sink.open("warm", topic_kind::changes);
    auto to = at.sink.open("fresh", topic_kind::changes);
    const auto warmed = co_await at.send(*warm, record_of("k", "v"), 1);
    CHECK(warmed == acceptance::taken);
    bool is_settled = co_await at.settled();
    CHECK(is_settled);
    // Records that come while the first batch waits for its answer: they would make a second request.
    cluster.set_round_trip(30);
    cluster.answer(produce_request, {error});
    for (int i = 0; i < count; ++i) {
      const auto answer = co_await at.send(*to, record_of("k", fmt::to_string(i)), 1);
      REQUIRE(answer == acceptance::taken);
      if (i % 10 == 9) (void)co_await at.heard.changed.wait_until(steady_clock::now() + 2ms);
    }
    is_settled = co_await at.settled();
    CHECK(is_settled);
    CHECK(at.heard.count(result::delivered) == count + 1);
    CHECK(at.heard.count(result::lost) == 0);
    CHECK(at.book.settled == count + 1);
    CHECK(support::kafka_client{cluster.brokers()}.offsets("fresh").at(0).high == count);
    co_await at.close(me);
  });
}

TEST_CASE("A1 a success without an offset, or without persistence, is lost") {
  CHECK(kafka::judge(0, true, 0).is == result::delivered);
  CHECK(kafka::judge(0, true, 17).is == result::delivered);
  CHECK(kafka::judge(0, true, RD_KAFKA_OFFSET_INVALID).is == result::lost);
  CHECK(kafka::judge(0, true, RD_KAFKA_OFFSET_INVALID).code == "NO_OFFSET");
  CHECK(kafka::judge(0, false, 17).is == result::lost);
  CHECK(kafka::judge(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, true, 17).is == result::lost);
}

TEST_CASE("A3 002-5 a permanent refusal is reported as refused, with its record and its name") {
  const auto error = GENERATE(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_RECORD,
                              RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
                              RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP);
  CAPTURE(kafka::name_of(error));
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    running at{loop.executor(), loop.registry(), mock_cluster::options()};
    mock_cluster cluster{at.sink};
    cluster.create_topic("orders");
    cluster.answer(produce_request, {error});
    auto to = at.sink.open("orders", topic_kind::changes);
    const std::array headers{event::header{"weir.position", "1/0/10/1/0"}};
    auto what = record_of("k", "v");
    what.headers = headers;
    const auto answer = co_await at.send(*to, what, 1);
    CHECK(answer == acceptance::taken);
    const bool is_settled = co_await at.settled();
    CHECK(is_settled);
    REQUIRE(at.heard.reports.size() == 1);
    const auto& told = at.heard.reports.front();
    const bool is_of_topic =
        error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || error == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP;
    CHECK(told.is == (is_of_topic ? result::denied : result::refused));
    CHECK(told.code == kafka::name_of(error));
    CHECK_FALSE(told.sentence.empty());
    CHECK(told.key == "k");
    CHECK(told.value == "v");
    CHECK(told.headers == std::vector<std::pair<std::string, std::string>>{{"weir.position", "1/0/10/1/0"}});
    CHECK(at.book.settled == 0);
    CHECK(at.book.abandoned == 1);
    CHECK(at.sink.counted().errors.at(std::string{kafka::name_of(error)}) == 1);
    co_await at.close(me);
  });
}

TEST_CASE("every error of librdkafka has a meaning, and none but a few blames the record") {
  const rd_kafka_err_desc* all = nullptr;
  std::size_t count = 0;
  rd_kafka_get_err_descs(&all, &count);
  const auto table = kafka::error_table();
  for (std::size_t i = 0; i < count; ++i) {
    const int code = all[i].code;
    if (all[i].name == nullptr || code == RD_KAFKA_RESP_ERR__BEGIN || code == RD_KAFKA_RESP_ERR__END) continue;
    CAPTURE(code, all[i].name);
    CHECK(std::any_of(table.begin(), table.end(), [&](const auto& row) { return row.code == code; }));
  }
  const auto guilty = std::count_if(table.begin(), table.end(),
                                    [](const auto& row) { return row.is == kafka::meaning::guilty; });
  CHECK(guilty == 7);
  CHECK(kafka::judge(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, false, -1).is == result::denied);
  CHECK(kafka::meaning_of(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) == kafka::meaning::passing);
  CHECK(kafka::meaning_of(31'000) == kafka::meaning::passing);
}

TEST_CASE("A6 what is still out when a producer closes is abandoned, never settled") {
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    running at{loop.executor(), loop.registry(), mock_cluster::options()};
    mock_cluster cluster{at.sink};
    cluster.create_topic("orders");
    cluster.set_round_trip(60'000);
    auto to = at.sink.open("orders", topic_kind::changes);
    for (event::entry_token entry = 1; entry <= 50; ++entry) {
      const auto answer = co_await at.send(*to, record_of("k", "v"), entry);
      CHECK(answer == acceptance::taken);
    }
    CHECK(at.sink.outstanding() == 50);
    to.reset();
    co_await at.close(me);
    CHECK(at.book.settled == 0);
    CHECK(at.book.abandoned == 50);
    CHECK(at.heard.reports.empty());
  });
}

TEST_CASE("A6 closing gives up at its deadline and says what it waited for") {
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    running at{loop.executor(), loop.registry(), mock_cluster::options()};
    // Both threads of the pool are taken, so the destruction does not even start.
    async::condition changed{loop.executor()};
    async::task_scope blockers{loop.executor(), loop.registry()};
    std::array<std::promise<void>, 2> gates;
    for (auto& gate : gates) {
      blockers.spawn("blocker", [&](async::self who) {
        return at.pool.run(who, "blocker", [&gate] { gate.get_future().wait(); });
      });
    }
    (void)co_await changed.wait_until(steady_clock::now() + 10ms);
    std::string said;
    try {
      co_await at.close(me, 100ms);
    } catch (const async::deadline_exceeded& late) {
      said = late.what();
    }
    CHECK(said.find("librdkafka") != std::string::npos);
    for (auto& gate : gates) gate.set_value();
    co_await blockers.join(5s);
    while (at.pool.size() > 0) (void)co_await changed.wait_until(steady_clock::now() + 10ms);
  });
}

TEST_CASE("all brokers down is told once, and told again when one answers") {
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    running at{loop.executor(), loop.registry(), mock_cluster::options()};
    mock_cluster cluster{at.sink};
    cluster.create_topic("orders");
    auto to = at.sink.open("orders", topic_kind::changes);
    auto answer = co_await at.send(*to, record_of("k", "v"), 1);
    CHECK(answer == acceptance::taken);
    bool is_settled = co_await at.settled();
    CHECK(is_settled);
    cluster.set_down(true);
    answer = co_await at.send(*to, record_of("k", "v"), 2);
    CHECK(answer == acceptance::taken);
    bool is_told = co_await at.heard.until([&] { return !at.heard.reached.empty(); });
    REQUIRE(is_told);
    CHECK_FALSE(at.heard.reached.front().first);
    CHECK_FALSE(at.sink.unreachable_because().empty());
    cluster.set_down(false);
    is_settled = co_await at.settled();
    CHECK(is_settled);
    CHECK(at.heard.count(result::delivered) == 2);
    is_told = co_await at.heard.until([&] { return at.heard.reached.back().first; });
    CHECK(is_told);
    CHECK(at.sink.unreachable_because().empty());
    co_await at.close(me);
  });
}

}  // namespace
}  // namespace weir
