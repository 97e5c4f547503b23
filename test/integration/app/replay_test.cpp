#include "bed.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace weir;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

using headers = std::vector<std::pair<std::string, std::string>>;

/// A dead-letter topic that a test fills by itself.
class letter_bed {
 public:
  explicit letter_bed(int partitions = 1) {
    kafka.create_topic(prefix + ".dead-letters", partitions);
    kafka.create_topic(topic);
  }

  /// A letter as weir writes it, for `topic`; `own` replaces or adds to its own headers.
  void put(const std::optional<std::string>& key, const std::optional<std::string>& value,
           const headers& own = {},
           const headers& original = {{"weir.position", "1/0/2A/7/1"}, {"weir.run", "12"}}) {
    auto all = original;
    headers its{{"weir.error.code", "MSG_SIZE_TOO_LARGE"},
                {"weir.error", "too large"},
                {"weir.listener", "all"},
                {"weir.target", "kafka"},
                {"weir.topic", topic},
                {"weir.time", "1700000000000"}};
    for (const auto& [name, text] : own) {
      const auto found = std::find_if(its.begin(), its.end(),
                                      [&, wanted = name](const auto& each) { return each.first == wanted; });
      if (found == its.end()) {
        its.emplace_back(name, text);
      } else {
        found->second = text;
      }
    }
    all.insert(all.end(), its.begin(), its.end());
    kafka.produce(prefix + ".dead-letters", key, value, all);
  }

  /// What it said, on both streams; the exit code has to be `code`.
  std::string replay(std::vector<std::string> arguments = {}, int code = 0) {
    arguments.insert(arguments.begin(), "replay");
    support::weir_process weir{{{"WEIR_BROKERS", support::shared_brokers()}, {"WEIR_TOPIC_PREFIX", prefix}},
                               std::move(arguments)};
    const auto end = weir.wait(60s);
    auto said = weir.output() + weir.log();
    INFO(said);
    CHECK(end.code == code);
    return said;
  }

  std::vector<support::kafka_record> arrived() { return kafka.read({topic}); }
  std::vector<std::string> arrived_values() {
    std::vector<std::string> all;
    for (const auto& each : arrived()) all.push_back(each.value.value_or("(null)"));
    return all;
  }

  std::string prefix = support::unique_name("replay");
  std::string topic = prefix + ".public.t";
  support::kafka_client kafka{support::shared_brokers()};
};

/// The figures of a topic's row in what `weir replay` says: found, matched, sent, failed, skipped, incomplete.
std::vector<int> row_of(const std::string& said, const std::string& topic) {
  std::istringstream lines{said};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string first;
    words >> first;
    if (first != topic) continue;
    std::vector<int> figures;
    for (int figure = 0; words >> figure;) figures.push_back(figure);
    return figures;
  }
  return {};
}

/// Bytes that no codec makes smaller.
std::string noise(std::size_t size) {
  std::string text;
  for (unsigned n = 1; text.size() < size; n = n * 1'103'515'245U + 12'345U)
    text += static_cast<char>(n >> 16U);
  return text;
}

}  // namespace

TEST_CASE("002-2 a dead letter comes back exactly once after the limit of its topic is raised") {
  app_test::bed bed;
  constexpr int rows = 10'000;
  const auto topic = bed.prefix + ".public.t";
  bed.postgres.exec("create table t(id int primary key, text text)");
  bed.kafka.create_topic(topic, 1, {{"max.message.bytes", "20000"}});
  support::weir_process weir{bed.environment()};
  weir.wait_until_ready();
  bed.postgres.exec(
      "insert into t select n, case when n = 5000 then repeat('poison', 10000) else 'row ' || n end "
      "from generate_series(1, 10000) n");
  weir.wait_for(
      "all but the poison, and its letter",
      [&] { return bed.delivered() == rows - 1 && bed.kafka.count(bed.prefix + ".dead-letters") == 1; }, 60s);

  const auto replay = [&] {
    support::weir_process command{bed.environment(), {"replay"}};
    const auto end = command.wait(60s);
    INFO(command.output() << command.log());
    CHECK(row_of(command.output(), topic).size() == 6);
    return end.code;
  };
  // As long as the topic takes no more, it says so.
  CHECK(replay() == 1);
  CHECK(bed.delivered() == rows - 1);
  bed.kafka.alter_topic(topic, {{"max.message.bytes", "200000"}});
  CHECK(replay() == 0);

  const auto letter = bed.kafka.read({bed.prefix + ".dead-letters"}).at(0);
  std::map<std::string, int> seen;
  for (const auto& each : bed.kafka.read({topic})) {
    ++seen[each.key.value_or("")];
    if (each.key != letter.key) continue;
    CHECK(each.value == letter.value);
    CHECK(each.header("weir.position") == letter.header("weir.position"));
    CHECK(each.header("weir.replayed") == "0/0");
    CHECK_FALSE(each.header("weir.error.code").has_value());
    CHECK_FALSE(each.header("weir.topic").has_value());
  }
  CHECK(seen.size() == rows);
  CHECK(std::all_of(seen.begin(), seen.end(), [](const auto& each) { return each.second == 1; }));
  // The stream went on meanwhile.
  bed.postgres.exec("insert into t values (0, 'after')");
  weir.wait_for("the next row", [&] { return bed.delivered() == rows + 1; });
  CHECK(weir.stop().code == 0);
}

TEST_CASE("key, value and headers go back as they were: null key, tombstone, bytes, headers of the same name") {
  letter_bed bed;
  bed.put("the key", std::nullopt);
  bed.put(std::nullopt, std::string{"\x00\xFF", 2});
  bed.put("", "", {}, {{"weir.part", "2"}, {"weir.parts", "5"}, {"tenant", "a"}, {"tenant", "b"}});
  const auto said = bed.replay();
  CHECK(row_of(said, bed.topic) == std::vector{3, 3, 3, 0, 0, 0});
  const auto arrived = bed.arrived();
  REQUIRE(arrived.size() == 3);
  CHECK(arrived[0].key == "the key");
  CHECK_FALSE(arrived[0].value.has_value());
  CHECK(arrived[0].headers ==
        headers{{"weir.position", "1/0/2A/7/1"}, {"weir.run", "12"}, {"weir.replayed", "0/0"}});
  CHECK_FALSE(arrived[1].key.has_value());
  CHECK(arrived[1].value == std::string{"\x00\xFF", 2});
  CHECK(arrived[2].key == "");
  CHECK(arrived[2].value == "");
  CHECK(
      arrived[2].headers ==
      headers{
          {"weir.part", "2"}, {"weir.parts", "5"}, {"tenant", "a"}, {"tenant", "b"}, {"weir.replayed", "0/2"}});
}

TEST_CASE("filters choose what goes back, and a dry run sends nothing") {
  letter_bed bed;
  bed.put("k", "plain");
  bed.put("k", "other target", {{"weir.target", "audit"}});
  bed.put("k", "other listener", {{"weir.listener", "some"}});
  bed.put("k", "other error", {{"weir.error.code", "POLICY_VIOLATION"}});
  bed.put("k", "later", {{"weir.time", "1700000060000"}});
  const auto values = [](std::initializer_list<const char*> all) {
    return std::vector<std::string>{all.begin(), all.end()};
  };

  const auto listed = bed.replay({"--dry-run"});
  CHECK_THAT(listed, ContainsSubstring("0/4 2023-11-14T22:14:20Z all -> kafka " + bed.topic));
  CHECK(row_of(listed, bed.topic) == std::vector{5, 5, 5, 0, 0, 0});
  CHECK(bed.arrived().empty());

  auto expected = values({"other target"});
  CHECK(row_of(bed.replay({"--target", "audit"}), bed.topic) == std::vector{5, 1, 1, 0, 0, 0});
  CHECK(bed.arrived_values() == expected);
  bed.replay({"--listener", "some"});
  expected.emplace_back("other listener");
  CHECK(bed.arrived_values() == expected);
  bed.replay({"--error", "POLICY_VIOLATION", "--error", "UNSEEN"});
  expected.emplace_back("other error");
  CHECK(bed.arrived_values() == expected);
  bed.replay({"--since", "2023-11-14T22:13:20.001Z"});
  expected.emplace_back("later");
  CHECK(bed.arrived_values() == expected);
  bed.replay({"--until", "2023-11-14T22:13:20Z", "--limit", "1"});
  expected.emplace_back("plain");
  CHECK(bed.arrived_values() == expected);
  CHECK(row_of(bed.replay({"--topic", "elsewhere"}), bed.topic) == std::vector{5, 0, 0, 0, 0, 0});
  CHECK(row_of(bed.replay({"--since", "1h"}), bed.topic) == std::vector{5, 0, 0, 0, 0, 0});
  CHECK(bed.arrived_values() == expected);
  CHECK_THAT(bed.replay({"--since", "yesterday"}, 2), ContainsSubstring("--since yesterday: neither"));
  CHECK(bed.arrived_values() == expected);
}

TEST_CASE("a letter in parts, over all partitions, goes back whole; one with a missing part is reported") {
  letter_bed bed{4};
  std::string value;
  constexpr int parts = 40;
  const auto part = [&](int number, const std::string& run, const std::string& piece) {
    bed.put(std::nullopt, piece, {{"weir.part", std::to_string(number)}, {"weir.parts", std::to_string(parts)}},
            {{"weir.position", "1/0/2A/" + run + "/1"}, {"weir.run", run}});
  };
  for (int number = 1; number <= parts; ++number) {
    const auto piece = "piece " + std::to_string(number) + ";";
    value += piece;
    part(number, "1", piece);
    if (number != 7) part(number, "2", piece);
  }
  const auto said = bed.replay({}, 1);
  CHECK(row_of(said, bed.topic) == std::vector{2, 2, 1, 0, 0, 1});
  CHECK_THAT(said, ContainsSubstring("not sent: 39 of 40 parts"));
  CHECK(bed.arrived_values() == std::vector{value});
}

TEST_CASE("a raw row is skipped and counted, and a foreign record is left alone") {
  letter_bed bed;
  bed.put(std::nullopt, R"({"op":"c"})", {{"weir.error.code", "ENCODE"}});
  bed.put("k", "a record");
  bed.kafka.produce(bed.prefix + ".dead-letters", "k", "somebody else's");
  const auto said = bed.replay();
  CHECK(row_of(said, bed.topic) == std::vector{2, 2, 1, 0, 1, 0});
  CHECK_THAT(said,
             ContainsSubstring("raw row") && ContainsSubstring("1 records of the topic are no dead letters"));
  CHECK(bed.arrived_values() == std::vector<std::string>{"a record"});
}

TEST_CASE("a letter that is refused again fails alone: its neighbours get through, each once") {
  letter_bed bed;
  std::map<std::string, std::string> environment{{"WEIR_BROKERS", support::shared_brokers()},
                                                 {"WEIR_TOPIC_PREFIX", bed.prefix}};
  std::optional<std::string> key = "k";
  std::string value = noise(60'000);
  std::string error = "MSG_SIZE_TOO_LARGE";
  SECTION("its size is known before it is sent") {
    bed.kafka.alter_topic(bed.topic, {{"max.message.bytes", "20000"}});
  }
  SECTION("only the broker can tell its size") {
    bed.kafka.alter_topic(bed.topic, {{"max.message.bytes", "20000"}});
    environment.insert({"WEIR_KAFKA_COMPRESSION_TYPE", "lz4"});
  }
  SECTION("the broker refuses its whole batch") {
    bed.kafka.alter_topic(bed.topic, {{"cleanup.policy", "compact"}});
    key.reset();
    value = "no key for a compacted topic";
    error = "INVALID_RECORD";
  }
  std::vector<std::string> expected;
  constexpr int letters = 300;
  constexpr int guilty = 150;
  for (int n = 0; n < letters; ++n) {
    if (n == guilty) {
      bed.put(key, value);
    } else {
      bed.put("k", expected.emplace_back("letter " + std::to_string(n)));
    }
  }
  support::weir_process weir{environment, {"replay"}};
  const auto end = weir.wait(60s);
  INFO(weir.output() << weir.log());
  CHECK(end.code == 1);
  CHECK(row_of(weir.output(), bed.topic) == std::vector{letters, letters, letters - 1, 1, 0, 0});
  CHECK_THAT(weir.log(), ContainsSubstring("not sent: letter 0/150") && ContainsSubstring(error));
  auto arrived = bed.arrived_values();
  std::sort(arrived.begin(), arrived.end());
  std::sort(expected.begin(), expected.end());
  CHECK(arrived == expected);
}

TEST_CASE("without a dead-letter topic weir replay says that there is none") {
  support::weir_process weir{
      {{"WEIR_BROKERS", support::shared_brokers()}, {"WEIR_TOPIC_PREFIX", support::unique_name("replay")}},
      {"replay"}};
  CHECK(weir.wait(60s).code == 1);
  CHECK_THAT(weir.log(), ContainsSubstring("does not exist"));
}
