#include "running.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace weir;
using namespace std::chrono_literals;

namespace {

/// What a loaded machine takes to choose a leader, or to start a node.
constexpr auto patience = 90s;
/// The client keeps a connection to each node by its number, beside those that it began with.
constexpr std::uint64_t spare_connections = 6;

}  // namespace

TEST_CASE(
    "002-8 leaders that are killed, come back and are chosen again: all arrives in order, and none is a dead "
    "letter") {
  support::kafka_cluster cluster{3, {"min.insync.replicas=2"}};
  fault::bed bed{cluster};
  fault::running now{bed, bed.environment({{"WEIR_TOPIC_REPLICATION", "3"}})};
  const auto topic = bed.prefix + ".public.journal";
  const auto leader = [&] {
    const auto all = bed.kafka().leaders(topic);
    return all.empty() ? -1 : all.begin()->second;
  };
  // Whoever leads, more and more arrives.
  const auto wait_for_more = [&] {
    const auto before = bed.kafka().count(topic);
    now.weir.wait_for("more records", [&] { return bed.kafka().count(topic) > before + 20; }, patience);
  };

  now.load.start(20'000, 2ms);
  wait_for_more();
  const auto first = leader();
  REQUIRE(first >= 1);
  cluster.node(first).kill();
  now.weir.wait_for("another leader", [&] { return leader() >= 1 && leader() != first; }, patience);
  wait_for_more();
  cluster.node(first).start();
  now.weir.wait_for("the leader that the partition prefers", [&] { return leader() == first; }, patience);
  wait_for_more();
  cluster.node(first).stop();
  now.weir.wait_for(
      "a leader that took over in order", [&] { return leader() >= 1 && leader() != first; }, patience);
  wait_for_more();
  cluster.node(first).start();
  now.load.cancel();
  now.check_recovery(spare_connections);
  CHECK(bed.kafka().count(bed.prefix + ".dead-letters") == 0);
}

TEST_CASE("a topic with too few replicas in step waits, and goes on when they are back") {
  support::kafka_cluster cluster{3, {"min.insync.replicas=3"}};
  fault::bed bed{cluster};
  fault::running now{bed, bed.environment({{"WEIR_TOPIC_REPLICATION", "3"}, {"WEIR_STALL_AFTER", "2s"}})};
  const auto leader = bed.kafka().leaders(bed.prefix + ".public.journal").begin()->second;
  const int other = leader % 3 + 1;
  cluster.node(other).kill();
  now.load.start(300);
  now.weir.wait_for("/ready to turn red", [&] { return now.weir.get("/ready").status == 503; }, patience);
  CHECK(now.weir.get("/health").status == 200);
  cluster.node(other).start();
  now.check_recovery(spare_connections);
  CHECK(bed.kafka().count(bed.prefix + ".dead-letters") == 0);
}
