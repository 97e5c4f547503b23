#include "../bed.hpp"
#include "lifetime.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>

using namespace weir;
using namespace std::chrono_literals;

namespace {

/// Enough in the short form that what librdkafka keeps for topics that are gone is given back at least once.
int all_tables() {
  if (fault::is_long()) return 10'000;
  return fault::is_release ? 2'400 : 1'200;
}

constexpr int at_once = 200;
constexpr int rows = 3;
/// librdkafka keeps some 40 KiB for each topic until its handle goes, after 1 000 topics; then all of it is
/// back.
constexpr double memory_that_comes_and_goes_kib = 16 * 1024;

std::string name_of(int table) { return fmt::format("public.t{}", table); }

/// For each table of a batch, in one transaction.
std::string for_each(int first, const std::string& statement) {
  return fmt::format("do $$ begin for n in {} .. {} loop execute format('{}', n); end loop; end $$", first,
                     first + at_once - 1, statement);
}

}  // namespace

TEST_CASE(
    "000-2 000-3 thousands of tables appear, speak, fall silent and are dropped: nothing is kept for them",
    "[memory]") {
  fault::bed bed;
  bed.postgres.exec("create table kept(id int primary key)");
  support::weir_process weir{bed.environment({{"WEIR_LANE_IDLE", "500ms"}})};
  weir.wait_until_ready();
  bed.postgres.exec("insert into kept values (1)");
  bed.drain(weir);
  weir.wait_for("the lane to retire", [&] { return weir.metric("weir_lanes") == 0; });
  const auto before = bed.at_quiesce(weir);

  auto session = bed.postgres.connect();
  std::vector<support::expected_table> expected;
  fault::lifetime life;
  for (int first = 1; first <= all_tables(); first += at_once) {
    bed.postgres.exec(for_each(first, "create table t%s(id int primary key, text text)"));
    bed.postgres.exec(
        for_each(first, fmt::format("insert into t%s select n, ''x'' from generate_series(1, {}) n", rows)));
    // Silence, and all that is kept for them goes; meanwhile nothing of theirs holds the position back.
    bed.drain(weir, 120s);
    weir.wait_for("their lanes to retire", [&] { return weir.metric("weir_lanes") == 0; }, 60s);
    // Not while the sink's handle is being replaced.
    weir.wait_for(
        "the tasks as they were", [&] { return fault::bed::figures_now(weir).tasks == before.tasks; }, 60s);
    life.look(weir, first + at_once);
    for (int n = first; n < first + at_once; ++n)
      expected.push_back(support::expect_table(session, bed.prefix, name_of(n)));
    bed.postgres.exec(for_each(first, "drop table t%s"));
  }
  bed.drain(weir);
  WARN(life.describe("tables"));
  if (fault::is_release) CHECK(life.growth_of_least() < memory_that_comes_and_goes_kib);
  CHECK(life.spread(&fault::lifetime::sample::tasks) <= 2);
  CHECK(life.spread(&fault::lifetime::sample::descriptors) <= 2);
  bed.postgres.exec("insert into kept values (2)");
  bed.drain(weir);
  weir.wait_for("the lane to retire", [&] { return weir.metric("weir_lanes") == 0; });
  // Resident memory is judged by its slope: the topics of the newest handle are still there.
  auto after = bed.at_quiesce(weir);
  (void)support::eventually(
      [&] {
        after = fault::bed::figures_now(weir);
        return after.is_back_at(before);
      },
      20s, 200ms);
  INFO("before: " << before.describe());
  INFO("after:  " << after.describe());
  CHECK(after.tasks == before.tasks);
  // The session that looks tables up was opened by the first of them.
  CHECK(after.descriptors <= before.descriptors + 1);
  CHECK(after.lanes == before.lanes);
  CHECK(after.transactions == before.transactions);
  CHECK(after.budget_used == before.budget_used);
  CHECK(weir.stop().code == 0);

  std::vector<support::observed_record> observed;
  for (const auto& each : bed.kafka().read_prefix(bed.prefix + ".public.", 240s))
    observed.push_back(support::observe(each));
  expected.push_back(support::expect_table(session, bed.prefix, "public.kept"));
  const auto found = support::judge(observed, expected);
  INFO(found.describe());
  CHECK(found.is_clean());
}
