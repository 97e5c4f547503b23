#include "bed.hpp"

#include <support/tcp_proxy.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>

using namespace weir;
using namespace std::chrono_literals;

namespace {

using support::tcp_proxy;

struct answer {
  int code;
  const char* name;
};

/// Kafka's codes that say: again, and it will do.
constexpr std::initializer_list<answer> passing{
    {-1, "UNKNOWN"},          {2, "INVALID_MSG"},
    {3, "UNKNOWN_TOPIC"},     {5, "LEADER_NOT_AVAILABLE"},
    {6, "NOT_LEADER"},        {7, "REQUEST_TIMED_OUT"},
    {8, "BROKER_NOT"},        {9, "REPLICA_NOT_AVAILABLE"},
    {13, "NETWORK"},          {19, "NOT_ENOUGH_REPLICAS"},
    {20, "AFTER_APPEND"},     {56, "KAFKA_STORAGE_ERROR"},
    {74, "FENCED_LEADER"},    {75, "UNKNOWN_LEADER_EPOCH"},
    {89, "THROTTLING_QUOTA"}, {46, "a duplicate, which the broker never had"},
};

/// Those after which the idempotent producer has no way on.
constexpr std::initializer_list<answer> useless{
    {45, "OUT_OF_ORDER_SEQUENCE_NUMBER"}, {47, "INVALID_PRODUCER_EPOCH"},
    {49, "INVALID_PRODUCER_ID_MAPPING"},  {59, "UNKNOWN_PRODUCER_ID"},
    {31, "CLUSTER_AUTHORIZATION_FAILED"},
};

/// Those that are about a record.
constexpr std::initializer_list<answer> permanent{
    {4, "INVALID_MSG_SIZE"},
    {10, "MSG_SIZE_TOO_LARGE"},
    {17, "TOPIC_EXCEPTION"},
    {18, "RECORD_LIST_TOO_LARGE"},
    {29, "TOPIC_AUTHORIZATION_FAILED"},
    {32, "INVALID_TIMESTAMP"},
    {43, "UNSUPPORTED_FOR_MESSAGE_FORMAT"},
    {44, "POLICY_VIOLATION"},
    {87, "INVALID_RECORD"},
};

constexpr int topic_authorization_failed = 29;
constexpr int invalid_timestamp = 32;
constexpr int not_enough_replicas = 19;
constexpr int for_ever = 1'000'000;

/// A broker behind a proxy that answers in its place, and a weir that has delivered one row.
struct answered {
  explicit answered(fault::bed::variables more = {}) {
    more.insert({{"WEIR_RETRY_MIN", "20ms"}, {"WEIR_RETRY_MAX", "100ms"}, {"WEIR_STALL_AFTER", "2s"}});
    proxy.set_target(broker.port());
    bed.postgres.exec("create table t(id int primary key generated always as identity, text text)");
    weir.emplace(bed.environment(more));
    weir->wait_until_ready();
    insert(1);
    before = bed.at_quiesce(*weir);
  }

  void insert(int rows, const std::string& text = "row") {
    bed.postgres.exec(fmt::format("insert into t(text) select '{}' from generate_series(1, {})", text, rows));
  }
  [[nodiscard]] double run() const { return weir->metric("weir_run").value_or(0); }
  [[nodiscard]] double errors(const char* name) const {
    return weir->metric(fmt::format("weir_record_errors_total{{code=\"{}\",target=\"kafka\"}}", name))
        .value_or(0);
  }
  [[nodiscard]] std::string topic() const { return bed.prefix + ".public.t"; }

  tcp_proxy proxy{0, tcp_proxy::protocol::kafka};
  support::kafka_server broker{{.advertised_port = proxy.port()}};
  fault::bed bed{broker};
  std::optional<support::weir_process> weir;
  fault::footprint before;
};

/// Several batches.
constexpr int many_rows = 1000;
/// After a permanent refusal each of them takes a round trip.
constexpr int few_rows = 200;

}  // namespace

TEST_CASE(
    "002-5 a broker that answers each error once, in the middle of full batches: all is delivered, and none is "
    "a dead letter") {
  answered now;
  const auto refuse_one = [&](const answer& with, int rows) {
    INFO("code " << with.code << " " << with.name);
    now.proxy.refuse_produce(with.code, 1, now.topic(), "", 1);
    now.insert(rows);
    now.weir->wait_for("the answer", [&] {
      if (now.proxy.refusals_left() == 0) return true;
      now.insert(1);
      return false;
    });
    now.weir->wait_for("what was refused", [&] { return now.weir->metric("weir_unconfirmed_records") == 0; });
  };
  for (const auto& each : passing) refuse_one(each, many_rows);
  for (const auto& each : useless) refuse_one(each, many_rows);
  now.bed.drain(*now.weir);
  for (const auto& each : permanent) {
    const auto run = now.run();
    refuse_one(each, few_rows);
    INFO("code " << each.code << " " << each.name);
    CHECK(now.errors(each.name) > 0);
    now.weir->wait_for("the replay", [&] { return now.run() > run; });
    // In the replay records go alone, and a refusal would be their own.
    now.bed.drain(*now.weir);
  }
  CHECK(now.bed.kafka().count(now.bed.prefix + ".dead-letters") == 0);
  now.bed.check_nothing_leaked(*now.weir, now.before);
  CHECK(now.weir->stop().code == 0);
  now.bed.check_delivery({"public.t"});
}

TEST_CASE(
    "002-5 a record that the broker refuses for good, with each code: only the guilty one is a dead letter") {
  answered now;
  int guilty = 0;
  int inserted = 1;
  for (const auto& each : permanent) {
    INFO("code " << each.code << " " << each.name);
    // About the topic, or our clock, and so about every record.
    if (each.code == topic_authorization_failed || each.code == invalid_timestamp) continue;
    const auto mark = fmt::format("poison-{}-", each.code);
    now.proxy.refuse_produce(each.code, for_ever, now.topic(), mark);
    now.bed.postgres.exec(fmt::format(
        "insert into t(text) select case when n = 100 then '{}' else 'row' end from generate_series(1, 200) n",
        mark));
    inserted += 200;
    ++guilty;
    now.bed.drain(*now.weir);
    const auto letters = now.bed.kafka().read({now.bed.prefix + ".dead-letters"});
    REQUIRE(letters.size() == static_cast<std::size_t>(guilty));
    CHECK(letters.back().header("weir.error.code") == each.name);
    CHECK(letters.back().value.value_or("").find(mark) != std::string::npos);
    // The lane of the dead letters stays, too.
    if (guilty == 1) now.before = now.bed.at_quiesce(*now.weir);
  }
  now.bed.check_nothing_leaked(*now.weir, now.before);
  CHECK(now.weir->stop().code == 0);
  std::set<std::string> seen;
  for (const auto& each : now.bed.kafka().read({now.topic()})) seen.insert(support::observe(each).key);
  CHECK(seen.size() == static_cast<std::size_t>(inserted - guilty));
}

TEST_CASE("002-1 whatever fails, at whichever step, there are as many records and dead letters as changes") {
  // A delete does not bring the text, so that no key can be made of it.
  answered now{{{"WEIR_CONFIG", R"({"listeners": [{"name": "all", "targets": ["kafka"]}],
      "targets": [{"name": "kafka", "topic": "{prefix}.{schema}.{table}", "key": ["text"]}]})"}}};
  constexpr int steps = 6;
  constexpr int each_time = 40;
  const std::array<int, 3> codes{10, 45, 7};
  for (int step = 0; step < steps; ++step) {
    INFO("step " << step);
    now.proxy.refuse_produce(codes.at(static_cast<std::size_t>(step) % codes.size()), 1, now.topic(), "", step);
    now.bed.postgres.exec(
        fmt::format("begin; insert into t(text) select '{0} a ' || n from generate_series(1, {1}) n; "
                    "delete from t where text = '{0} a 10'; "
                    "insert into t(text) select '{0} b ' || n from generate_series(1, {1}) n; commit",
                    step, each_time));
    now.bed.drain(*now.weir);
  }
  CHECK(now.weir->stop().code == 0);
  std::set<std::string> seen;
  for (const auto& each : now.bed.kafka().read({now.topic()})) seen.insert(support::observe(each).key);
  CHECK(seen.size() == static_cast<std::size_t>(1 + steps * 2 * each_time));
  std::set<std::string> letters;
  for (const auto& each : now.bed.kafka().read({now.bed.prefix + ".dead-letters"})) {
    CHECK_FALSE(each.header("weir.error").value_or("").empty());
    letters.insert(each.header("weir.position").value_or(""));
  }
  CHECK(letters.size() == steps);
}

TEST_CASE("bytes that are corrupted on the way to the broker are refused by checksum and sent again") {
  answered now;
  now.proxy.corrupt(5, tcp_proxy::way::up);
  now.weir->wait_for("five corrupt batches", [&] {
    now.insert(many_rows);
    return now.proxy.corruptions_left() == 0;
  });
  now.bed.check_nothing_leaked(*now.weir, now.before);
  CHECK(now.weir->stop().code == 0);
  now.bed.check_delivery({"public.t"});
}

TEST_CASE("a topic without enough replicas waits until there are enough, and nothing is lost") {
  answered now;
  now.proxy.refuse_produce(not_enough_replicas, for_ever, now.topic());
  now.insert(many_rows);
  now.weir->wait_for("/ready to turn red", [&] { return now.weir->get("/ready").status == 503; });
  CHECK(now.weir->get("/health").status == 200);
  CHECK(now.bed.delivered() == 1);
  now.proxy.refuse_produce(not_enough_replicas, 0, now.topic());
  now.weir->wait_until_ready();
  now.bed.check_nothing_leaked(*now.weir, now.before);
  CHECK(now.weir->stop().code == 0);
  CHECK(now.bed.kafka().count(now.bed.prefix + ".dead-letters") == 0);
  now.bed.check_delivery({"public.t"});
}

TEST_CASE("a topic that is deleted under load is made anew, and what comes after is in it") {
  fault::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  const auto topic = bed.prefix + ".public.t";
  support::weir_process weir{bed.environment()};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t select generate_series(1, 1000)");
  const auto before = bed.at_quiesce(weir);
  bed.kafka().delete_topic(topic);
  bed.postgres.exec("insert into t select generate_series(1001, 2000)");
  bed.check_nothing_leaked(weir, before);
  CHECK(weir.stop().code == 0);
  std::set<std::string> seen;
  for (const auto& each : bed.kafka().read({topic})) seen.insert(support::observe(each).key);
  CHECK(seen.size() == 1000);
  CHECK(bed.kafka().count(bed.prefix + ".dead-letters") == 0);
}
