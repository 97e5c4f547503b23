#include "bed.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace std::chrono_literals;

namespace {

constexpr int rows = 10'000;
constexpr int poison = 5'000;
constexpr std::size_t poison_size = 60'000;
/// The slot has to be past the poison in this time once the fate of every record is known: state records go out
/// once a second, and the status at once after them.
const auto in_time = fault::generous(2s);
/// Until then: at once when sizes tell; ten thousand round trips when only a record alone shows who is guilty.
const auto known_at_once = fault::generous(2s);
constexpr auto one_by_one = 300s;

std::string header_of(const support::kafka_record& of, const std::string& name) {
  return of.header(name).value_or("(none)");
}

/// Every row is in the topic, those of the run that follows the refusal in order; the poison is a dead letter
/// whole.
void check_what_arrived(fault::bed& bed) {
  std::map<std::string, int> seen;
  for (const auto& each : bed.kafka().read({bed.prefix + ".public.t"})) ++seen[support::observe(each).key];
  CHECK(seen.size() == rows);  // the first one, and all but the poison
  CHECK(seen.find("id=" + std::to_string(poison)) == seen.end());

  const auto letters = bed.kafka().read({bed.prefix + ".dead-letters"});
  REQUIRE(letters.size() == 1);
  const auto& letter = letters.front();
  CHECK(letter.key.value_or("").find(std::to_string(poison)) != std::string::npos);
  CHECK(letter.value.value_or("").size() > poison_size);
  CHECK(header_of(letter, "weir.error.code") != "(none)");
  CHECK(header_of(letter, "weir.error") != "(none)");
  CHECK(header_of(letter, "weir.topic") == bed.prefix + ".public.t");
  CHECK(header_of(letter, "weir.position") != "(none)");
}

/// Ten thousand rows in one transaction, and one of them is larger than the topic takes.
void insert_with_poison(fault::bed& bed, const std::string& large_text) {
  bed.postgres.exec("insert into t select n, case when n = " + std::to_string(poison) + " then " + large_text +
                    " else 'row ' || n end from generate_series(1, " + std::to_string(rows) + ") n");
}

}  // namespace

TEST_CASE(
    "002-2 a record that the topic can never take, in the middle of 10 000: a dead letter, and the slot goes "
    "on") {
  fault::bed bed;
  bed.postgres.exec("create table t(id int primary key, text text)");
  fault::bed::variables more;
  double runs = 1;
  std::string limit = "20000";
  std::chrono::milliseconds bound = known_at_once;
  SECTION("its size is known before it is sent") {}
  SECTION(
      "compressed, only the broker can tell: the batch is refused, sent again alone, and one record is "
      "guilty") {
    more = {{"WEIR_KAFKA_COMPRESSION_TYPE", "lz4"}};
  }
  SECTION("whole batches are refused: all of it again, one by one, and one record is guilty") {
    limit = "1000000";
    runs = 2;
    bound = one_by_one;
  }
  const auto topic = bed.prefix + ".public.t";
  bed.kafka().create_topic(topic, 1, {{"max.message.bytes", limit}});
  support::weir_process weir{bed.environment(more)};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t values (0, 'first')");
  bed.drain(weir);
  // Behind weir's back, which asks for limits every few minutes only.
  if (limit != "20000") bed.kafka().alter_topic(topic, {{"max.message.bytes", "20000"}});
  // Text that does not compress.
  insert_with_poison(bed, "(select string_agg(md5(i::text || 'x'), '') from generate_series(1, 2000) i)");
  const auto began = std::chrono::steady_clock::now();
  const auto dead_letters = "weir_records_total{listener=\"all\",outcome=\"dead_lettered\",target=\"kafka\"}";
  weir.wait_for(
      "the fate of every record",
      [&] { return weir.metric(dead_letters) == 1 && weir.metric("weir_unconfirmed_records") == 0; }, bound);
  const auto known = std::chrono::steady_clock::now();
  bed.drain(weir, in_time);
  INFO("known after " << (known - began) / 1ms << " ms");
  CHECK(weir.metric("weir_unconfirmed_records") == 0);
  CHECK(weir.metric("weir_run").value_or(0) >= runs);

  check_what_arrived(bed);
  CHECK(weir.stop().code == 0);
}
