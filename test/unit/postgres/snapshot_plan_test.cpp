#include <postgres/snapshot_plan.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace weir;
using namespace weir::postgres;

namespace {

constexpr bytes block = 8 * kibibyte;

found_table table(std::uint32_t oid, std::uint64_t blocks, std::uint32_t filenode = 1) {
  found_table made;
  made.oid = oid;
  made.schema = "public";
  made.name = "t" + std::to_string(oid);
  made.filenode = filenode;
  made.blocks = blocks;
  made.size = blocks * block;
  return made;
}

snapshot_point point(std::uint64_t at = 100, std::uint64_t xmin = 1000) {
  return {.system_identifier = "7", .timeline = 1, .at = lsn{at}, .xmin = xmin, .xmax = xmin + 10};
}

std::vector<snapshot_range> all_of(snapshot_plan& plan) {
  std::vector<snapshot_range> all;
  while (const auto range = plan.next()) all.push_back(*range);
  return all;
}

/// An attempt that settles only these of its ranges.
event::snapshot_progress after(snapshot_plan plan, const std::vector<std::size_t>& settled) {
  const auto all = all_of(plan);
  for (const auto index : settled) {
    plan.read_to_end(all.at(index), 10);
    plan.settle(all.at(index).number);
  }
  return plan.progress();
}

}  // namespace

TEST_CASE("a plan covers every block of every table once, in pieces of some size, in order") {
  snapshot_plan plan{{}, point(), {table(1, 10), table(2, 0), table(3, 1)}, 4 * block};
  CHECK(plan.progress().stage == event::snapshot_stage::reading);
  CHECK(plan.progress().oldest_xmin == 1000);
  CHECK(plan.unread(0) == 3);
  const auto all = all_of(plan);
  REQUIRE(all.size() == 4);
  CHECK(all[0].blocks == event::block_range{0, 4});
  CHECK(all[1].blocks == event::block_range{4, 8});
  CHECK(all[2].blocks == event::block_range{8, 10});
  CHECK(all[3].table == 2);
  CHECK(std::none_of(all.begin(), all.end(), [](const auto& each) { return each.is_again; }));
  for (const auto& each : all) plan.read_to_end(each, 5);
  CHECK(plan.is_read());
  CHECK_FALSE(plan.is_finished());
  for (const auto& each : all) plan.settle(each.number);
  CHECK(plan.is_finished());
  CHECK(plan.progress().tables[0].rows == 15);
  CHECK(plan.progress().tables[0].is_done);
}

TEST_CASE("what is out of line makes a range shorter") {
  auto large = table(1, 10);
  large.size = 1000 * block;
  snapshot_plan plan{{}, point(), {large}, 4 * block};
  CHECK(all_of(plan).size() == 10);
}

TEST_CASE("a plan without rows is finished at once") {
  CHECK(snapshot_plan({}, point(), {}, block).is_finished());
  CHECK(snapshot_plan({}, point(), {table(1, 0)}, block).is_finished());
}

TEST_CASE("another attempt reads what is left, and what is done only for what is newer") {
  const auto before = after(snapshot_plan{{}, point(), {table(1, 10), table(2, 2)}, 2 * block}, {1, 2, 5});
  snapshot_plan plan{before, point(500, 2000), {table(1, 12), table(2, 2)}, 2 * block};
  CHECK(plan.oldest_xid() == 1000);
  CHECK(plan.progress().at == lsn{100});
  CHECK(plan.remarks().empty());
  const auto all = all_of(plan);
  std::set<std::uint64_t> fresh;
  std::set<std::uint64_t> again;
  for (const auto& each : all) {
    if (each.table != 0) continue;
    for (auto one = each.blocks.begin; one < each.blocks.end; ++one)
      (each.is_again ? again : fresh).insert(one);
  }
  CHECK(fresh == std::set<std::uint64_t>{0, 1, 6, 7, 8, 9, 10, 11});
  CHECK(again == std::set<std::uint64_t>{2, 3, 4, 5});
  CHECK(all.back().is_again);
  CHECK(all.back().table == 1);
}

TEST_CASE("a table with another file is read again, and so is everything after half of all transactions") {
  const auto before = after(snapshot_plan{{}, point(), {table(1, 4), table(2, 4)}, block}, {0, 1, 4});
  SECTION("a rewrite") {
    snapshot_plan plan{before, point(500, 2000), {table(1, 4, 9), table(2, 4)}, block};
    CHECK(plan.remarks().size() == 1);
    const auto all = all_of(plan);
    CHECK(std::count_if(all.begin(), all.end(), [](const auto& each) { return each.table == 0; }) == 4);
    CHECK(std::count_if(all.begin(), all.end(), [](const auto& each) { return each.is_again; }) == 1);
    CHECK(plan.oldest_xid() == 1000);
  }
  SECTION("transaction ids that have gone around") {
    snapshot_plan plan{before, point(500, 1000 + (1ULL << 31U)), {table(1, 4), table(2, 4)}, block};
    CHECK(plan.progress().at == lsn{500});
    CHECK(plan.oldest_xid() == 1000 + (1U << 31U));
    const auto all = all_of(plan);
    CHECK(all.size() == 8);
    CHECK(std::none_of(all.begin(), all.end(), [](const auto& each) { return each.is_again; }));
  }
  SECTION("another timeline") {
    auto promoted = point(500, 2000);
    promoted.timeline = 2;
    snapshot_plan plan{before, promoted, {table(1, 4), table(2, 4)}, block};
    CHECK(all_of(plan).size() == 8);
  }
  SECTION("a table that is gone") {
    snapshot_plan plan{before, point(500, 2000), {table(2, 4)}, block};
    CHECK(plan.remarks().size() == 1);
    CHECK(plan.progress().tables.size() == 1);
  }
}

TEST_CASE("an epoch of transaction ids later only the lower half is asked for") {
  constexpr std::uint64_t epoch = 1ULL << 32U;
  const auto before = after(snapshot_plan{{}, point(100, epoch + 7), {table(1, 4)}, block}, {0});
  snapshot_plan plan{before, point(500, epoch + 2000), {table(1, 4)}, block};
  CHECK(plan.oldest_xid() == 7);
}

TEST_CASE("however an attempt ends, the next ones read every block that was not settled, and no other afresh") {
  std::mt19937 random{11};
  for (int round = 0; round < 200; ++round) {
    event::snapshot_progress progress;
    const auto pick = [&](std::uint64_t below) { return random() % below; };
    std::map<std::uint32_t, std::set<std::uint64_t>> done;  // the naive model: blocks one by one
    std::map<std::uint32_t, std::uint64_t> blocks;
    for (std::uint32_t oid = 1; oid <= 1 + pick(3); ++oid) blocks[oid] = pick(40);
    for (int attempt = 0; attempt < 6; ++attempt) {
      std::vector<found_table> found;
      for (auto& [oid, count] : blocks) {
        count += pick(3);
        found.push_back(table(oid, count));
      }
      snapshot_plan plan{progress, point(100 + attempt, 1000), found, (1 + pick(7)) * block};
      std::map<std::uint32_t, std::set<std::uint64_t>> fresh;
      for (const auto& range : all_of(plan)) {
        const auto oid = plan.found()[range.table].oid;
        const bool is_settled = pick(3) > 0;
        if (is_settled) plan.settle(range.number);
        for (auto one = range.blocks.begin; one < range.blocks.end; ++one) {
          REQUIRE(done[oid].contains(one) == range.is_again);
          if (range.is_again) continue;
          REQUIRE(fresh[oid].insert(one).second);
        }
        if (is_settled && !range.is_again) {
          for (auto one = range.blocks.begin; one < range.blocks.end; ++one) done[oid].insert(one);
        }
      }
      progress = event::snapshot_progress_from_json(to_json(plan.progress())).value();
      REQUIRE(progress == plan.progress());
      for (const auto& each : progress.tables) {
        if (each.is_done) {
          REQUIRE(done[each.oid].size() >= blocks[each.oid]);
          // What the table grows by later is newer than the first snapshot.
          for (std::uint64_t one = 0; one < 100; ++one) done[each.oid].insert(one);
        } else {
          std::set<std::uint64_t> kept;
          for (const auto& range : each.done) {
            for (auto one = range.begin; one < range.end; ++one) kept.insert(one);
          }
          REQUIRE(kept == done[each.oid]);
        }
      }
    }
  }
}
