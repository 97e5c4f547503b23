#include <catch2/catch_test_macros.hpp>

#include <base/murmur2.hpp>
#include <support/bed.hpp>
#include <support/kafka_client.hpp>
#include <support/kafka_server.hpp>
#include <support/run_loop.hpp>
#include <support/running_producer.hpp>

#include <fmt/format.h>

#include <string>

#include <kafka/producer.hpp>
#include <kafka/seam.hpp>

namespace weir {
namespace {

using event::acceptance;
using event::topic_kind;
using running = support::running_producer<kafka::producer>;

TEST_CASE("a partition hash chooses the partition as a Java client does, with and without a key") {
  constexpr int partitions = 12;
  constexpr int count = 200;
  const auto brokers = support::shared_brokers();
  const auto topic = support::unique_name("partition");
  support::kafka_client client{brokers};
  client.create_topic(topic, partitions);
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    kafka::options with;
    with.brokers = brokers;
    running at{loop.executor(), loop.registry(), with};
    auto to = at.sink.open(topic, topic_kind::changes);
    for (int i = 0; i < count; ++i) {
      const auto tenant = fmt::to_string(i);
      event::record what;
      what.value = tenant;
      if (i % 2 == 0) what.key = "the same";
      what.partition_hash = murmur2(tenant);
      const auto answer = co_await at.send(*to, what, 1);
      CHECK(answer == acceptance::taken);
    }
    const bool is_settled = co_await at.settled();
    CHECK(is_settled);
    CHECK(at.book.abandoned == 0);
    co_await at.close(me);
  });
  const auto records = client.read({topic});
  CHECK(records.size() == count);
  for (const auto& each : records) CHECK(each.partition == partition_of(murmur2(*each.value), partitions));
}

TEST_CASE("records with and without a partition hash share a topic, each where it belongs, in their order") {
  constexpr int partitions = 12;
  constexpr int count = 50;
  const auto brokers = support::shared_brokers();
  const auto topic = support::unique_name("partition");
  support::kafka_client client{brokers};
  client.create_topic(topic, partitions);
  support::run_loop loop;
  loop.run([&](async::self me) -> async::awaitable<> {
    kafka::options with;
    with.brokers = brokers;
    running at{loop.executor(), loop.registry(), with};
    auto to = at.sink.open(topic, topic_kind::changes);
    for (int i = 0; i < count; ++i) {
      const auto number = fmt::to_string(i);
      event::record what;
      what.key = "foobar";
      what.value = number;
      // The same partition by either way.
      if (i > count / 2 && i % 2 == 0) what.partition_hash = murmur2("foobar");
      const auto answer = co_await at.send(*to, what, 1);
      CHECK(answer == acceptance::taken);
    }
    const bool is_settled = co_await at.settled();
    CHECK(is_settled);
    CHECK(kafka::seam::handles(at.sink) == 2);
    CHECK(at.book.abandoned == 0);
    co_await at.close(me);
  });
  const auto records = client.read({topic});
  REQUIRE(records.size() == count);
  for (int i = 0; i < count; ++i) {
    CHECK(records[static_cast<std::size_t>(i)].value == fmt::to_string(i));
    CHECK(records[static_cast<std::size_t>(i)].partition == partition_of(murmur2("foobar"), partitions));
  }
}

}  // namespace
}  // namespace weir
