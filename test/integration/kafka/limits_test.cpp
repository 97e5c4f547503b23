#include <catch2/catch_test_macros.hpp>

#include <base/murmur2.hpp>
#include <support/bed.hpp>
#include <support/kafka_client.hpp>
#include <support/kafka_server.hpp>
#include <support/run_loop.hpp>
#include <support/running_producer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>

#include <kafka/preflight.hpp>
#include <kafka/producer.hpp>
#include <kafka/seam.hpp>

namespace weir {
namespace {

using namespace std::chrono_literals;
using event::acceptance;
using event::topic_kind;
using running = support::running_producer<kafka::producer>;
using result = event::report::result;

kafka::options options_for(const std::string& brokers, kafka::property_map properties = {}) {
  kafka::options with;
  with.brokers = brokers;
  with.properties = std::move(properties);
  return with;
}

event::record record_of(std::string_view key, std::string_view value) {
  event::record made;
  made.key = key;
  made.value = value;
  return made;
}

/// Bytes that no codec makes smaller.
std::string noise(std::size_t size) {
  std::mt19937 random{7};
  std::string text(size, ' ');
  for (auto& c : text) c = static_cast<char>(random());
  return text;
}

TEST_CASE("A2 batches of a topic with a low limit stay below it, and other topics keep their own") {
  const auto brokers = support::shared_brokers();
  const auto low = support::unique_name("limit");
  const auto usual = support::unique_name("limit");
  support::kafka_client client{brokers};
  client.create_topic(low, 1, {{"max.message.bytes", "20000"}});
  constexpr int count = 300;
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    running at{loop.executor(), loop.registry(), options_for(brokers)};
    auto to_low = at.sink.open(low, topic_kind::changes);
    auto to_usual = at.sink.open(usual, topic_kind::changes);
    const std::string value(500, 'x');
    for (int i = 0; i < count; ++i) {
      for (auto* to : {to_low.get(), to_usual.get()}) {
        const auto answer = co_await at.send(*to, record_of("k", value), 1);
        REQUIRE(answer == acceptance::taken);
      }
    }
    const bool is_settled = co_await at.settled();
    CHECK(is_settled);
    CHECK(at.heard.count(result::delivered) == 2 * count);
    CHECK(kafka::seam::handles(at.sink) == 2);
    const auto topics = at.sink.topics();
    CHECK(std::any_of(topics.begin(), topics.end(),
                      [&](const auto& each) { return each.name == low && each.limit == 20'000; }));
    co_await at.close(me);
  });
  CHECK(client.count(low) == count);
}

TEST_CASE("A4 without compression a record above the topic's limit is refused before it is sent") {
  const auto brokers = support::shared_brokers();
  const auto topic = support::unique_name("limit");
  support::kafka_client client{brokers};
  client.create_topic(topic, 1, {{"max.message.bytes", "20000"}});
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    running at{loop.executor(), loop.registry(), options_for(brokers)};
    auto to = at.sink.open(topic, topic_kind::changes);
    auto answer = co_await at.send(*to, record_of("k", noise(20'000)), 1);
    CHECK(answer == acceptance::refused);
    CHECK(to->why().code == "MSG_SIZE_TOO_LARGE");
    CHECK(to->why().sentence.find("20101") != std::string::npos);
    CHECK(to->why().sentence.find("20000") != std::string::npos);
    // The largest that passes the check passes the broker, too.
    answer = co_await at.send(*to, record_of("k", noise(20'000 - 101)), 2);
    CHECK(answer == acceptance::taken);
    const bool is_settled = co_await at.settled();
    CHECK(is_settled);
    CHECK(at.heard.count(result::delivered) == 1);
    co_await at.close(me);
  });
}

TEST_CASE("A4 with compression a large record goes alone and the broker's answer decides") {
  const auto brokers = support::shared_brokers();
  const auto topic = support::unique_name("limit");
  support::kafka_client client{brokers};
  client.create_topic(topic, 1);
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    running at{loop.executor(), loop.registry(), options_for(brokers, {{"compression.type", "lz4"}})};
    auto to = at.sink.open(topic, topic_kind::changes);
    const std::string compressible(3'000'000, 'x');
    auto answer = co_await at.send(*to, record_of("k", compressible), 1);
    CHECK(answer == acceptance::alone);
    answer = co_await at.send(*to, record_of("k", compressible), 2, true);
    CHECK(answer == acceptance::taken);
    bool is_settled = co_await at.settled();
    CHECK(is_settled);
    REQUIRE(at.heard.reports.size() == 1);
    CHECK(at.heard.reports[0].is == result::delivered);
    const auto text = noise(3'000'000);
    auto guilty = record_of("k", text);
    guilty.partition_hash = murmur2("tenant");
    answer = co_await at.send(*to, guilty, 3, true);
    CHECK(answer == acceptance::taken);
    is_settled = co_await at.settled();
    CHECK(is_settled);
    REQUIRE(at.heard.reports.size() == 2);
    CHECK(at.heard.reports[1].is == result::refused);
    CHECK(at.heard.reports[1].code == "MSG_SIZE_TOO_LARGE");
    // Its dead letter says what chose the partition.
    CHECK(at.heard.reports[1].partition_hash == guilty.partition_hash);
    CHECK(at.book.entries[3].abandoned == 1);
    co_await at.close(me);
  });
}

TEST_CASE("dead letters get a topic that takes more than the others") {
  const auto brokers = support::shared_brokers();
  const auto topic = support::unique_name("dead");
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    running at{loop.executor(), loop.registry(), options_for(brokers)};
    auto to = at.sink.open(topic, topic_kind::dead_letters);
    const auto answer = co_await at.send(*to, record_of("k", noise(5'000'000)), 1);
    CHECK(answer == acceptance::taken);
    const bool is_settled = co_await at.settled();
    CHECK(is_settled);
    CHECK(at.heard.count(result::delivered) == 1);
    co_await at.close(me);
  });
}

TEST_CASE(
    "A5 records of a topic that is deleted meanwhile are lost, never refused, and the next run makes it "
    "again") {
  const auto brokers = support::shared_brokers();
  const auto topic = support::unique_name("deleted");
  support::kafka_client client{brokers};
  support::run_loop loop;
  loop.run(
      [&](async::self me) -> async::awaitable<> {
        running at{loop.executor(), loop.registry(), options_for(brokers)};
        auto to = at.sink.open(topic, topic_kind::changes);
        auto answer = co_await at.send(*to, record_of("k", "1"), 1);
        CHECK(answer == acceptance::taken);
        bool is_settled = co_await at.settled();
        CHECK(is_settled);
        client.delete_topic(topic);
        answer = co_await at.send(*to, record_of("k", "2"), 2);
        CHECK(answer == acceptance::taken);
        is_settled = co_await at.settled(60s);
        CHECK(is_settled);
        REQUIRE(at.heard.reports.size() == 2);
        CHECK(at.heard.reports[1].is == result::lost);
        CHECK(at.book.entries[2].abandoned == 1);
        to.reset();
        co_await at.close(me);

        running again{loop.executor(), loop.registry(), options_for(brokers)};
        auto anew = again.sink.open(topic, topic_kind::changes);
        answer = co_await again.send(*anew, record_of("k", "2"), 2);
        CHECK(answer == acceptance::taken);
        is_settled = co_await again.settled();
        CHECK(is_settled);
        CHECK(again.heard.count(result::delivered) == 1);
        co_await again.close(me);
      },
      100s);
  CHECK(client.count(topic) == 1);
}

TEST_CASE("a probe tells that a broker answers") {
  const auto brokers = support::shared_brokers();
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    running at{loop.executor(), loop.registry(), options_for(brokers)};
    at.sink.probe();
    const bool is_told = co_await at.heard.until([&] { return !at.heard.reached.empty(); });
    REQUIRE(is_told);
    CHECK(at.heard.reached[0].first);
    co_await at.close(me);
  });
}

const kafka::finding& about(const std::vector<kafka::finding>& all, const std::string& object) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.object == object; });
  REQUIRE(found != all.end());
  return *found;
}

TEST_CASE("the preflight names every mistake at once and makes nothing") {
  using severity = kafka::finding::severity;
  const auto brokers = support::shared_brokers();
  const auto compacted = support::unique_name("compacted");
  const auto missing = support::unique_name("missing");
  const auto there = support::unique_name("there");
  const auto state = support::unique_name("state");
  support::kafka_client client{brokers};
  client.create_topic(compacted, 1, {{"cleanup.policy", "compact"}});
  client.create_topic(there);
  client.create_topic(state);
  const std::vector<kafka::wanted_topic> wanted{{compacted, topic_kind::changes, false},
                                                {missing, topic_kind::changes, true},
                                                {there, topic_kind::changes, true},
                                                {state, topic_kind::state, true},
                                                {"bad name", topic_kind::changes, true}};
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    async::blocking_pool pool{loop.executor(), loop.registry()};
    auto found = co_await kafka::preflight(me, loop.executor(), pool, options_for(brokers), wanted,
                                           steady_clock::now() + 10s);
    CHECK(about(found, "brokers").is == severity::fine);
    CHECK(about(found, compacted).is == severity::mistake);
    CHECK(about(found, missing).is == severity::fine);
    CHECK(about(found, there).is == severity::fine);
    CHECK(about(found, state).is == severity::mistake);
    CHECK(about(found, "bad name").is == severity::mistake);

    auto with = options_for(brokers);
    with.may_create_topics = false;
    found = co_await kafka::preflight(me, loop.executor(), pool, with, wanted, steady_clock::now() + 10s);
    CHECK(about(found, missing).is == severity::mistake);

    with = options_for(brokers);
    with.replication = 3;
    found = co_await kafka::preflight(me, loop.executor(), pool, with, wanted, steady_clock::now() + 10s);
    CHECK(about(found, missing).is == severity::mistake);
    CHECK(about(found, missing).sentence.find("INVALID_REPLICATION_FACTOR") != std::string::npos);

    with = options_for("127.0.0.1:1");
    found = co_await kafka::preflight(me, loop.executor(), pool, with, wanted, steady_clock::now() + 1s);
    CHECK(about(found, "brokers").is == severity::mistake);
    CHECK(about(found, "brokers").sentence.find("127.0.0.1:1") != std::string::npos);

    found = co_await kafka::preflight(me, loop.executor(), pool, options_for(brokers, {{"no.such", "1"}}), {},
                                      steady_clock::now() + 1s);
    CHECK(about(found, "brokers").sentence.find("no.such") != std::string::npos);
  });
  CHECK(client.topics(missing).empty());
}

}  // namespace
}  // namespace weir
