#include <catch2/catch_test_macros.hpp>

#include <support/bed.hpp>
#include <support/kafka_client.hpp>
#include <support/kafka_server.hpp>
#include <support/run_loop.hpp>
#include <support/running_producer.hpp>

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <string>

#include <kafka/producer.hpp>

namespace weir {
namespace {

using namespace std::chrono_literals;
using event::acceptance;
using event::topic_kind;
using running = support::running_producer<kafka::producer>;
using result = event::report::result;

event::record record_of(std::string_view key, std::string_view value) {
  event::record made;
  made.key = key;
  made.value = value;
  return made;
}

kafka::options options_for(const std::string& brokers) {
  kafka::options with;
  with.brokers = brokers;
  return with;
}

TEST_CASE("a record arrives as it was offered, in a topic that is made for it") {
  const auto brokers = support::shared_brokers();
  const auto topic = support::unique_name("producer");
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    auto with = options_for(brokers);
    with.partitions = 3;
    running at{loop.executor(), loop.registry(), with};
    auto to = at.sink.open(topic, topic_kind::changes);

    const std::array headers{event::header{"weir.position", "1/0/10/1/0"}, event::header{"empty", ""}};
    auto full = record_of(R"({"id":1})", R"({"a":"b"})");
    full.headers = headers;
    event::record tombstone;
    tombstone.key = R"({"id":1})";
    CHECK(co_await at.send(*to, full, 1) == acceptance::taken);
    CHECK(co_await at.send(*to, tombstone, 2) == acceptance::taken);
    CHECK(at.sink.outstanding() == 2);
    CHECK(co_await at.settled());

    REQUIRE(at.heard.reports.size() == 2);
    CHECK(at.heard.reports[0].is == result::delivered);
    CHECK(at.heard.reports[0].topic == topic);
    CHECK(at.heard.reports[0].key == R"({"id":1})");
    CHECK(at.heard.reports[0].value == R"({"a":"b"})");
    CHECK(at.heard.reports[0].latency > 0us);
    CHECK_FALSE(at.heard.reports[1].value.has_value());
    CHECK(at.book.entries[1].settled == 1);
    CHECK(at.book.entries[2].settled == 1);
    CHECK(at.sink.counted().delivered == 2);
    co_await at.close(me);
  });

  support::kafka_client client{brokers};
  CHECK(client.topics(topic).at(topic) == 3);
  const auto seen = client.read({topic});
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].key == R"({"id":1})");
  CHECK(seen[0].value == R"({"a":"b"})");
  CHECK(seen[0].headers ==
        std::vector<std::pair<std::string, std::string>>{{"weir.position", "1/0/10/1/0"}, {"empty", ""}});
  CHECK(seen[1].key == R"({"id":1})");
  CHECK_FALSE(seen[1].value.has_value());
  CHECK(seen[0].partition == seen[1].partition);
}

TEST_CASE("a hundred thousand records arrive in their order") {
  const auto brokers = support::shared_brokers();
  const auto topic = support::unique_name("producer");
  constexpr int count = 100'000;
  support::run_loop loop;
  loop.run(
      [&](async::self me) -> async::awaitable<> {
        running at{loop.executor(), loop.registry(), options_for(brokers)};
        auto to = at.sink.open(topic, topic_kind::changes);
        for (int i = 0; i < count; ++i) {
          const auto value = fmt::format(R"({{"n":{}}})", i);
          const auto answer =
              co_await at.send(*to, record_of(R"({"id":1})", value), static_cast<event::entry_token>(i));
          REQUIRE(answer == acceptance::taken);
        }
        CHECK(co_await at.settled());
        CHECK(at.book.settled == count);
        CHECK(at.heard.count(result::delivered) == count);
        co_await at.close(me);
      },
      60s);
  support::kafka_client client{brokers};
  const auto seen = client.read({topic});
  REQUIRE(seen.size() == count);
  bool is_ordered = true;
  for (int i = 0; i < count; ++i) {
    is_ordered = is_ordered && seen[static_cast<std::size_t>(i)].value == fmt::format(R"({{"n":{}}})", i);
  }
  CHECK(is_ordered);
}

}  // namespace
}  // namespace weir
