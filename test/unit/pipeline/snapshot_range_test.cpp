#include "flow_fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <string>
#include <vector>

using namespace weir;
using namespace weir::pipeline;
using namespace weir::pipeline::test;
using numbers = std::vector<std::uint64_t>;

namespace {

/// A flow in its first run, and rows of a snapshot at 0/3000.
struct reading : flowing {
  event::snapshot_read at{.at = lsn{0x3000}, .taken = wall_time{}, .xid = 900};

  explicit reading(flow_options with = usual_options()) : flowing(std::move(with)) {}

  void read(event::entry_token range, const event::relation& table, int id, std::string_view note) {
    const auto number = std::to_string(id);
    const std::array<event::value, 2> row{
        {{event::value::state::text, number}, {event::value::state::text, note}}};
    ++at.number;
    event::change what;
    what.op = event::operation::read;
    what.snapshot = &at;
    what.at = at.at;
    what.table = &table;
    what.after = row;
    what.timeline = 1;
    flow.read(range, what);
  }
};

}  // namespace

TEST_CASE("a range is settled when it is closed and every record of it was reported, and not before") {
  reading it;
  const auto first = it.flow.open_range(1);
  const auto second = it.flow.open_range(2);
  it.read(first, it.orders, 1, "a");
  it.read(second, it.items, 2, "b");
  it.read(first, it.orders, 3, "c");
  REQUIRE(it.sink.taken.size() == 3);
  it.sink.report(0);
  it.sink.report(2);
  CHECK(it.flow.take_settled_ranges().empty());  // open
  it.flow.close_range(first);
  CHECK(it.flow.take_settled_ranges() == numbers{1});
  it.flow.close_range(second);
  CHECK(it.flow.take_settled_ranges().empty());  // one report is to come
  it.sink.report(1);
  CHECK(it.flow.take_settled_ranges() == numbers{2});
  CHECK(it.flow.take_settled_ranges().empty());
  CHECK(it.is_quiet());
}

TEST_CASE("an empty range is settled when it is closed") {
  reading it;
  it.flow.close_range(it.flow.open_range(7));
  CHECK(it.flow.take_settled_ranges() == numbers{7});
}

TEST_CASE("R11 a range holds no LSN back, and none follows from it") {
  reading it;
  const auto range = it.flow.open_range(1);
  it.read(range, it.orders, 1, "a");
  it.transaction(0x2000, it.orders, 2, 2);
  it.sink.report(1);
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK_FALSE(it.flow.book().has_nothing_out());
  it.flow.close_range(range);
  it.sink.report(0);
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK(it.is_quiet());
}

TEST_CASE("rows of a snapshot are never known from an earlier run, however old the snapshot is") {
  reading it;
  it.at.at = lsn{0x10};
  it.read(it.flow.open_range(1), it.orders, 1, "a");
  CHECK(it.sink.taken.size() == 1);
}

TEST_CASE("a row of a snapshot has the snapshot's LSN and its own number as position, in every target once") {
  auto with = usual_options();
  with.listeners.push_back(listener_for("again", {0}));
  reading it{with};
  const auto range = it.flow.open_range(1);
  it.read(range, it.orders, 1, "a");
  it.read(range, it.orders, 2, "b");
  std::vector<std::string> positions;
  for (const auto& each : it.sink.taken) positions.emplace_back(each.header("weir.position"));
  CHECK(positions == std::vector<std::string>{"1/0/3000/0/2", "1/0/3000/0/3", "1/0/3000/0/4", "1/0/3000/0/5"});
  CHECK(it.sink.taken[0].value->find("\"op\":\"r\"") != std::string::npos);
  CHECK(it.sink.taken[0].value->find("\"txId\":900") != std::string::npos);
}

TEST_CASE("what is dropped with a run settles nothing, also when its reports come late") {
  reading it;
  const auto range = it.flow.open_range(1);
  it.read(range, it.orders, 1, "a");
  it.flow.close_range(range);
  it.drop_run();
  CHECK(it.flow.take_settled_ranges().empty());
  CHECK(it.flow.book().open_ranges() == 0);
  CHECK(it.is_quiet());
}

TEST_CASE("a row that cannot be encoded is a dead letter, and settles its range") {
  reading it;
  const auto range = it.flow.open_range(1);
  it.read(range, it.orders, 1, poison);
  it.flow.close_range(range);
  REQUIRE(it.sink.taken.size() == 1);
  CHECK(it.sink.taken[0].topic == dead_letters);
  CHECK(it.sink.taken[0].header("weir.content") == "raw_row");
  CHECK(it.sink.taken[0].header("weir.position") == "1/0/3000/0/1");
  CHECK(it.flow.take_settled_ranges().empty());
  it.sink.report(0);
  CHECK(it.flow.take_settled_ranges() == numbers{1});
}

TEST_CASE("a listener that groups transactions gets a row of a snapshot as a group of its own") {
  auto with = usual_options();
  with.listeners[0].groups_by_transaction = true;
  with.targets = {target_to("audit", "audit")};
  reading it{with};
  const auto range = it.flow.open_range(1);
  it.read(range, it.orders, 1, "a");
  it.flow.close_range(range);
  REQUIRE(it.sink.taken.size() == 1);
  const auto& sent = it.sink.taken[0];
  CHECK(sent.value->starts_with(R"({"transaction":null,"part":1,"parts":1,"changes":[{)"));
  CHECK(sent.key == "all");
  CHECK(sent.header("weir.count") == "1");
  it.sink.report(0);
  CHECK(it.flow.take_settled_ranges() == numbers{1});
}

TEST_CASE(
    "rows of a batch that was refused go one by one when they are read again, until as many ranges are done") {
  reading it;
  const auto range = it.flow.open_range(1);
  it.read(range, it.orders, 1, "a");
  it.read(range, it.orders, 2, "b");
  it.sink.report(1, event::report::result::refused);
  REQUIRE(it.flow.has_failed());
  it.drop_run();
  fake_sink second;
  it.flow.begin_run(2, 1, lsn{0x1000}, second);
  it.at.at = lsn{0x4000};  // another snapshot: every number is a new one
  it.at.number = 0;
  const auto again = it.flow.open_range(1);
  it.read(again, it.orders, 1, "a");
  it.read(again, it.orders, 2, "b");
  it.flow.close_range(again);
  REQUIRE(second.taken.size() == 1);
  CHECK(second.taken[0].is_alone);
  second.report(0);
  REQUIRE(second.taken.size() == 2);
  second.report(1, event::report::result::refused);  // it is the guilty one: a dead letter, and no new run
  CHECK_FALSE(it.flow.has_failed());
  REQUIRE(second.taken.size() == 3);
  CHECK(second.taken[2].topic == dead_letters);
  second.report(2);
  CHECK(it.flow.take_settled_ranges() == numbers{1});
  const auto next = it.flow.open_range(2);
  it.read(next, it.orders, 3, "c");
  it.read(next, it.orders, 4, "d");
  CHECK(second.taken.size() == 5);  // together again
  it.flow.drop_run();
  second.purge();
}
