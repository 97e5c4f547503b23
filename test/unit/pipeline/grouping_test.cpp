#include "flow_fixture.hpp"

#include <support/temporary_directory.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <string>

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::pipeline;
using namespace weir::pipeline::test;
using event::acceptance;

namespace {

flow_options grouped(bytes limit = 512 * kibibyte) {
  auto with = usual_options();
  with.listeners = {listener_for("orders", {0})};
  with.listeners[0].groups_by_transaction = true;
  with.targets = {target_to("audit", "audit")};
  with.targets[0].group_limit = limit;
  return with;
}

std::size_t times(std::string_view what, const std::string& in) {
  std::size_t count = 0;
  for (auto at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("002-12 a transaction becomes one record with its changes in order") {
  flowing it{grouped()};
  it.begin(0x2000);
  it.within.xid = 734;
  it.insert(it.orders, 1, "first");
  it.insert(it.items, 2, "second");
  it.insert(it.orders, 3, "third");
  CHECK(it.sink.taken.empty());
  it.commit();
  REQUIRE(it.sink.taken.size() == 1);
  const auto& sent = it.sink.taken[0];
  CHECK(sent.topic == "audit");
  CHECK(sent.key == "orders");
  CHECK(sent.header("weir.count") == "3");
  CHECK(sent.header("weir.part") == "1");
  CHECK(sent.header("weir.parts") == "1");
  CHECK(sent.header("weir.position") == "1/0/1FFF/3/0");
  const auto& value = *sent.value;
  CHECK(value.find("first") < value.find("second"));
  CHECK(value.find("second") < value.find("third"));
  CHECK(it.confirmed() == lsn{0x1000});
  it.sink.deliver_all();
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK(it.is_quiet());
}

TEST_CASE("002-12 a change of the key stays one change in a group") {
  flowing it{grouped()};
  it.begin(0x2000);
  it.change_key(it.orders, 1, 2);
  it.commit();
  REQUIRE(it.sink.taken.size() == 1);
  CHECK(times("\"op\":\"u\"", *it.sink.taken[0].value) == 1);
  CHECK(times("\"op\":", *it.sink.taken[0].value) == 1);
}

TEST_CASE(
    "002-12 above the limit a transaction comes in parts, each with its number, and settles with the last") {
  flowing it{grouped(4 * kibibyte)};
  it.transaction(0x2000, it.orders, 1, 100);
  REQUIRE(it.sink.taken.size() > 3);
  const auto parts = std::to_string(it.sink.taken.size());
  std::size_t changes = 0;
  for (std::size_t at = 0; at < it.sink.taken.size(); ++at) {
    CHECK(it.sink.taken[at].header("weir.part") == std::to_string(at + 1));
    CHECK(it.sink.taken[at].header("weir.parts") == parts);
    CHECK(it.sink.taken[at].value->size() <= 4 * kibibyte);
    changes += times("\"op\":", *it.sink.taken[at].value);
  }
  CHECK(changes == 100);
  for (std::size_t at = 0; at + 1 < it.sink.taken.size(); ++at) it.sink.report(at);
  CHECK(it.confirmed() == lsn{0x1000});
  it.sink.report(it.sink.taken.size() - 1);
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK(it.is_quiet());
}

TEST_CASE("002-12 transactions without a change for the listener send nothing") {
  auto with = grouped();
  with.listeners[0].takes = [](std::string_view, std::string_view name) { return name == "orders"; };
  flowing it{with};
  it.transaction(0x2000, it.items, 1, 3);
  CHECK(it.sink.taken.empty());
  CHECK(it.confirmed() == lsn{0x2000});
}

TEST_CASE("002-12 grouped and plain targets get the same changes, each in its way") {
  auto with = grouped();
  with.listeners.push_back(listener_for("rows", {1}));
  with.targets.push_back(target_to("stream", "stream"));
  flowing it{with};
  it.transaction(0x2000, it.orders, 1, 5);
  REQUIRE(it.sink.taken.size() == 6);
  it.sink.deliver_all();
  CHECK(it.sink.delivered_to("stream").size() == 5);
  CHECK(it.sink.delivered_to("audit").size() == 1);
  CHECK(it.is_quiet());
}

TEST_CASE("002-12 transactions stay in commit order while the sink is busy") {
  flowing it{grouped(4 * kibibyte)};
  it.sink.answer = [](const auto&, const event::record&, bool) { return acceptance::busy; };
  it.transaction(0x2000, it.orders, 1, 50);
  it.transaction(0x3000, it.orders, 51, 100);
  it.sink.answer = {};
  it.flow.room();
  it.sink.deliver_all();
  std::vector<std::string> positions;
  for (const auto& each : it.sink.taken) positions.emplace_back(each.header("weir.position"));
  const auto second = std::find_if(positions.begin(), positions.end(),
                                   [](const auto& each) { return each.starts_with("1/0/2FFF"); });
  CHECK(std::all_of(positions.begin(), second, [](const auto& each) { return each.starts_with("1/0/1FFF"); }));
  CHECK(std::all_of(second, positions.end(), [](const auto& each) { return each.starts_with("1/0/2FFF"); }));
  CHECK(it.confirmed() == lsn{0x3000});
  CHECK(it.is_quiet());
}

TEST_CASE("002-12 a transaction above its share of memory goes to the spill directory, bounded all the way") {
  support::temporary_directory spill;
  auto with = grouped(64 * kibibyte);
  with.groups = {spill.path().string(), 256 * mebibyte};
  flowing it{with};
  constexpr int rows = 40'000;
  it.begin(0x2000);
  for (int id = 1; id <= rows; ++id) it.insert(it.orders, id, std::string(400, 'x'));
  CHECK(it.budget.used() <= it.budget.limit() / 2);
  CHECK(it.flow.groups().spilled() > 0);
  it.commit();
  std::size_t changes = 0;
  std::size_t told = 0;
  while (told < it.sink.taken.size()) {
    CHECK(it.budget.used() <= it.budget.limit() + mebibyte);
    changes += times("\"op\":", *it.sink.taken[told].value);
    it.sink.report(told++);
  }
  CHECK(changes == rows);
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK(it.flow.groups().spilled() == 0);
  CHECK(it.is_quiet());
}

TEST_CASE("002-12 a full spill stops the stream and says so; nothing of the transaction is lost by it") {
  support::temporary_directory spill;
  auto with = grouped();
  with.groups = {spill.path().string(), mebibyte};
  flowing it{with};
  it.begin(0x2000);
  std::string said;
  try {
    for (int id = 1; id <= 100'000; ++id) it.insert(it.orders, id, std::string(400, 'x'));
  } catch (const failure& why) {
    said = why.what();
  }
  CHECK(said.find("WEIR_SPILL_LIMIT") != std::string::npos);
  it.flow.stream_ended();
  CHECK(it.flow.book().has_nothing_out());
  CHECK(it.confirmed() == lsn{0x1000});
  it.drop_run();
  CHECK(it.flow.groups().spilled() == 0);
  CHECK(it.budget.used() == 0);
}

TEST_CASE("002-12 a transaction whose commit never comes leaves nothing behind") {
  flowing it{grouped()};
  it.begin(0x2000);
  it.insert(it.orders, 1, "one");
  it.flow.stream_ended();
  CHECK(it.flow.book().has_nothing_out());
  CHECK(it.sink.taken.empty());
  it.flow.begin_run(2, 1, it.confirmed(), it.sink);
  it.transaction(0x2000, it.orders, 1, 1);
  REQUIRE(it.sink.taken.size() == 1);
  CHECK(it.sink.taken[0].header("weir.count") == "1");
  it.sink.deliver_all();
  CHECK(it.is_quiet());
}

TEST_CASE("a transaction filter sees the tables and counts of the group") {
  auto with = grouped();
  with.listeners[0].transaction_filter = "count > 2 && 'public.items' in tables";
  flowing it{with};
  it.transaction(0x2000, it.orders, 1, 5);
  it.transaction(0x3000, it.items, 1, 2);
  CHECK(it.sink.taken.empty());
  CHECK(it.confirmed() == lsn{0x3000});
  it.transaction(0x4000, it.items, 1, 3);
  CHECK(it.sink.taken.size() == 1);
}

TEST_CASE("002-12 every change of a transaction arrives exactly once, whatever the sizes and targets") {
  for (const int rows : {1, 2, 10'000}) {
    auto with = grouped(32 * kibibyte);
    with.listeners[0].targets = {0, 1};
    with.targets.push_back(target_to("second", "second"));
    with.targets[1].group_limit = 7'000;
    flowing it{with};
    it.transaction(0x2000, it.orders, 1, rows);
    it.sink.deliver_all();
    for (const auto topic : {"audit", "second"}) {
      std::size_t changes = 0;
      for (const auto& value : it.sink.delivered_to(topic)) changes += times("\"op\":", value);
      CHECK(changes == static_cast<std::size_t>(rows));
    }
    CHECK(it.confirmed() == lsn{0x2000});
    CHECK(it.is_quiet());
  }
}

TEST_CASE("002-12 what a reader brings after the end of its stream is no part of any transaction") {
  flowing it{grouped()};
  it.begin(0x2000);
  it.insert(it.orders, 1, "one");
  it.flow.stream_ended();
  it.insert(it.orders, 2, "two");
  it.commit();
  it.transaction(0x3000, it.orders, 3, 3);
  it.flow.advance(lsn{0x4000});
  CHECK(it.sink.taken.empty());
  CHECK(it.flow.book().has_nothing_out());
  CHECK(it.confirmed() == lsn{0x1000});
}

TEST_CASE("002-12 a group that waited for room and cannot be sent at a tick ends the run, not the ticking") {
  auto with = grouped();
  with.listeners.push_back(listener_for("rows", {1}));
  with.targets.push_back(target_to("stream", "stream"));
  flowing it{with};
  const auto all = it.budget.limit();
  it.budget.take(all);
  it.transaction(0x2000, it.orders, 1, 1);
  REQUIRE(it.flow.groups().waiting() == 1);
  // Long enough for the group's lane to retire, so that it is opened again.
  const auto later = steady_clock::now() + 120s;
  it.flow.tick(later);
  it.sink.on_open = [](const std::string&) {
    throw failure{verdict::retry, "handle_closed", "no topic can be opened"};
  };
  it.budget.release(all);
  CHECK_NOTHROW(it.flow.tick(later + 1s));
  REQUIRE(it.flow.has_failed());
  CHECK(it.flow.has_failed()->reason == "handle_closed");
  it.drop_run();
  CHECK(it.is_quiet());
}
