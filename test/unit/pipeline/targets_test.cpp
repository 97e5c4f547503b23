#include "flow_fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <optional>
#include <string>

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::pipeline;
using namespace weir::pipeline::test;
using event::acceptance;
using result = event::report::result;

namespace {

flow_options two_targets() {
  auto with = usual_options();
  with.listeners = {listener_for("orders", {0, 1}), listener_for("everything", {1})};
  with.listeners[0].takes = [](std::string_view, std::string_view name) { return name == "orders"; };
  with.targets = {target_to("stream", "stream.{table}"), target_to("audit", "audit")};
  return with;
}

flow_options with_policy(on_error policy) {
  auto with = usual_options();
  with.targets.front().policy = policy;
  return with;
}

flow_options with_filter(std::string_view text, on_filter_error policy) {
  auto with = usual_options();
  with.listeners.front().filter = std::get<filter::program>(filter::program::compile(text));
  with.listeners.front().if_undecided = policy;
  return with;
}

std::size_t sent_to(const fake_sink& sink, std::string_view topic) {
  return static_cast<std::size_t>(std::count_if(sink.taken.begin(), sink.taken.end(),
                                                [&](const auto& each) { return each.topic == topic; }));
}

acceptance refuse_second(const std::string& topic, const event::record& what, bool /*is_alone*/) {
  const bool is_guilty =
      topic != dead_letters && what.value && what.value->find("note 2") != std::string_view::npos;
  return is_guilty ? acceptance::refused : acceptance::taken;
}

}  // namespace

TEST_CASE("two listeners on one table each see the change, and it settles when all of it is delivered") {
  flowing it{two_targets()};
  it.transaction(0x2000, it.orders, 1, 1);
  CHECK(sent_to(it.sink, "stream.orders") == 1);
  CHECK(sent_to(it.sink, "audit") == 2);
  it.sink.report(0);
  it.sink.report(1);
  CHECK(it.confirmed() == lsn{0x1000});
  it.sink.report(2);
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK(it.is_quiet());
}

TEST_CASE("records of one change in one target have positions of their own, whichever listener sent them") {
  flowing it{two_targets()};
  it.transaction(0x2000, it.orders, 1, 1);
  std::vector<std::string> positions;
  for (const auto& each : it.sink.taken) {
    if (each.topic == "audit") positions.emplace_back(each.header("weir.position"));
  }
  CHECK(positions == std::vector<std::string>{"1/0/1FFF/1/0", "1/0/1FFF/1/1"});
}

TEST_CASE("counts tell listeners and targets apart") {
  flowing it{two_targets()};
  it.begin(0x2000);
  it.insert(it.orders, 1, "one");
  it.insert(it.items, 2, "two");
  it.commit();
  it.sink.deliver_all();
  const auto& parts = it.flow.parts();
  CHECK(parts.listeners()[0]->taken.of(event::operation::create) == 1);
  CHECK(parts.listeners()[1]->taken.of(event::operation::create) == 2);
  REQUIRE(parts.outlets().size() == 3);
  CHECK(parts.outlets()[0].delivered == 1);
  CHECK(parts.outlets()[1].delivered == 1);
  CHECK(parts.outlets()[2].delivered == 2);
  CHECK(it.flow.counts().delivered == 4);
}

TEST_CASE("a target that is busy stops no other until the budget is spent") {
  flowing it{two_targets()};
  it.sink.answer = [](const auto& topic, const event::record&, bool) {
    return topic == "audit" ? acceptance::busy : acceptance::taken;
  };
  it.transaction(0x2000, it.orders, 1, 100);
  CHECK(sent_to(it.sink, "stream.orders") == 100);
  CHECK(sent_to(it.sink, "audit") == 0);
  it.sink.deliver_all();
  CHECK(it.confirmed() == lsn{0x1000});
  it.sink.answer = {};
  it.flow.room();
  CHECK(sent_to(it.sink, "audit") == 200);
  it.sink.deliver_all();
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK(it.is_quiet());
}

TEST_CASE("a target that reports nothing opens its own breaker only") {
  flowing it{two_targets()};
  it.transaction(0x2000, it.orders, 1, 1);
  const auto later = steady_clock::now() + 11s;
  for (std::size_t at = 0; at < it.sink.taken.size(); ++at) {
    if (it.sink.taken[at].topic != "audit") it.sink.report(at);
  }
  it.flow.tick(later);
  const auto& targets = it.flow.parts().targets();
  CHECK(targets[0]->gate().is() == breaker::state::closed);
  CHECK(targets[1]->gate().is() == breaker::state::open);
  it.flow.tick(later + 6s);
  CHECK(it.sink.probes == 1);
  it.insert_alone(it.orders, 2);
  CHECK(sent_to(it.sink, "stream.orders") == 2);
  CHECK(sent_to(it.sink, "audit") == 2);
}

TEST_CASE("two targets that write one topic get their own reports") {
  auto with = usual_options();
  with.listeners = {listener_for("a", {0}), listener_for("b", {1})};
  with.targets = {target_to("first", "shared"), target_to("second", "shared")};
  flowing it{with};
  it.transaction(0x2000, it.orders, 1, 3);
  CHECK(it.flow.lane_count() == 2);
  it.sink.deliver_all();
  CHECK(it.flow.parts().outlets()[0].delivered == 3);
  CHECK(it.flow.parts().outlets()[1].delivered == 3);
  for (const auto& each : it.flow.parts().targets()) {
    REQUIRE(each->lanes().size() == 1);
    CHECK(each->lanes().begin()->second.is_empty());
  }
  CHECK(it.is_quiet());
}

TEST_CASE("on_error drop counts what it drops, and the slot passes it") {
  flowing it{with_policy(on_error::drop)};
  it.sink.answer = refuse_second;
  it.transaction(0x2000, it.orders, 1, 3);
  it.sink.deliver_all();
  CHECK(it.sink.taken.size() == 2);
  CHECK(it.flow.counts().dropped == 1);
  CHECK(it.flow.parts().outlets()[0].dropped == 1);
  CHECK(it.flow.counts().errors.at("MSG_SIZE_TOO_LARGE") == 1);
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK(it.is_quiet());
}

TEST_CASE("on_error stop holds reading back at the record until the topic takes it") {
  flowing it{with_policy(on_error::stop)};
  it.sink.answer = refuse_second;
  it.transaction(0x2000, it.orders, 1, 3);
  CHECK(it.flow.halted_because().find("MSG_SIZE_TOO_LARGE") != std::string::npos);
  CHECK(it.flow.halted_because().find("weir.public.orders") != std::string::npos);
  CHECK_FALSE(it.budget.has_room(1));
  CHECK(it.sink.taken.size() == 1);
  it.sink.deliver_all();
  CHECK(it.confirmed() == lsn{0x1000});
  CHECK(it.flow.waits_for_operator_only());
  CHECK_FALSE(it.flow.has_failed());
  it.sink.answer = {};
  it.flow.tick(steady_clock::now() + 10s);
  CHECK(it.flow.halted_because().empty());
  CHECK(it.budget.has_room(1));
  it.sink.deliver_all();
  CHECK(it.sink.taken.size() == 3);
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK(it.is_quiet());
}

TEST_CASE("on_error stop keeps a record that its own report refuses, and no dead letter is written") {
  flowing it{with_policy(on_error::stop)};
  it.transaction(0x2000, it.orders, 1, 1);
  it.sink.report(0, result::refused);
  it.drop_run();
  it.flow.begin_run(2, 1, it.confirmed(), it.sink);
  it.transaction(0x2000, it.orders, 1, 1);
  REQUIRE(it.sink.taken.size() == 2);
  CHECK(it.sink.taken[1].is_alone);
  it.sink.report(1, result::refused);
  CHECK_FALSE(it.flow.halted_because().empty());
  CHECK(sent_to(it.sink, dead_letters) == 0);
  it.flow.tick(steady_clock::now() + 10s);
  REQUIRE(it.sink.taken.size() == 3);
  it.sink.report(2);
  it.flow.tick(steady_clock::now() + 20s);
  CHECK(it.flow.halted_because().empty());
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK(it.is_quiet());
}

TEST_CASE("on_error stop waits for a restart at a change that is no record") {
  flowing it{with_policy(on_error::stop)};
  it.transaction(0x2000, it.orders, 1, 1);
  it.begin(0x3000);
  it.insert(it.orders, 2, poison);
  it.commit();
  it.sink.deliver_all();
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK(it.flow.halted_because().find("public.orders") != std::string::npos);
  it.flow.tick(steady_clock::now() + 100s);
  CHECK_FALSE(it.flow.halted_because().empty());
  it.drop_run();
  CHECK(it.flow.halted_because().empty());
  CHECK(it.budget.has_room(1));
}

TEST_CASE("a filter lets through what it keeps, and the rest settles at once") {
  flowing it{with_filter("new.note != 'note 2'", on_filter_error::dead_letter)};
  it.transaction(0x2000, it.orders, 1, 3);
  CHECK(it.sink.taken.size() == 2);
  CHECK(it.flow.counts().filtered.of(event::operation::create) == 1);
  it.sink.deliver_all();
  CHECK(it.confirmed() == lsn{0x2000});
}

TEST_CASE("002-11 a filter without an answer does what its listener says") {
  // The second row's note is no number.
  constexpr auto text = "int(new.note) > 0";
  const auto run = [](flowing& it) {
    it.begin(0x2000);
    it.insert(it.orders, 1, "1");
    it.insert(it.orders, 2, "two");
    it.commit();
    it.sink.deliver_all();
  };
  SECTION("a dead letter by default") {
    flowing it{with_filter(text, on_filter_error::dead_letter)};
    run(it);
    REQUIRE(sent_to(it.sink, dead_letters) == 1);
    CHECK(it.sink.taken.back().header("weir.error.code") == "FILTER");
    CHECK(it.sink.taken.back().header("weir.listener") == "all");
    CHECK(it.flow.parts().listeners()[0]->undecided.of(event::operation::create) == 1);
    CHECK(it.confirmed() == lsn{0x2000});
    CHECK(it.is_quiet());
  }
  SECTION("drop") {
    flowing it{with_filter(text, on_filter_error::drop)};
    run(it);
    CHECK(it.sink.taken.size() == 1);
    CHECK(it.flow.parts().listeners()[0]->undecided.of(event::operation::create) == 1);
    CHECK(it.confirmed() == lsn{0x2000});
  }
  SECTION("keep") {
    flowing it{with_filter(text, on_filter_error::keep)};
    run(it);
    CHECK(it.sink.taken.size() == 2);
    CHECK(it.confirmed() == lsn{0x2000});
  }
  SECTION("stop") {
    flowing it{with_filter(text, on_filter_error::stop)};
    run(it);
    CHECK(it.sink.taken.size() == 1);
    CHECK(it.confirmed() == lsn{0x1000});
    CHECK(it.flow.halted_because().find("listener all") != std::string::npos);
  }
}

TEST_CASE("a filter that does not fit a table that changed is an outcome, never a crash") {
  flowing it{with_filter("new.note == 'x'", on_filter_error::dead_letter)};
  auto changed = it.orders;
  changed.version = 9;
  changed.columns[1].name = "remark";
  it.transaction(0x2000, changed, 1, 1);
  REQUIRE(sent_to(it.sink, dead_letters) == 1);
  CHECK(it.sink.taken.back().header("weir.error").find("note") != std::string_view::npos);
}

TEST_CASE("templates make topic, key and headers of the row") {
  auto with = usual_options();
  auto& to = with.targets.front();
  to.topic = template_of("t.{new.note}");
  to.key_text = template_of("{table}-{new.id}", escaping::none);
  to.headers.emplace_back("tenant", template_of("{new.note}", escaping::none));
  flowing it{with};
  it.begin(0x2000);
  it.insert(it.orders, 7, "acme");
  it.commit();
  REQUIRE(it.sink.taken.size() == 1);
  CHECK(it.sink.taken[0].topic == "t.acme");
  CHECK(it.sink.taken[0].key == "orders-7");
  CHECK(it.sink.taken[0].header("tenant") == "acme");
}

TEST_CASE("002-9 a row that makes no topic becomes a dead letter that names listener and target") {
  auto with = usual_options();
  with.targets.front().topic = template_of("t.{new.note}");
  flowing it{with};
  it.begin(0x2000);
  it.insert(it.orders, 7, "");
  it.commit();
  REQUIRE(it.sink.taken.size() == 1);
  CHECK(it.sink.taken[0].topic == dead_letters);
  CHECK(it.sink.taken[0].header("weir.error.code") == "TOPIC");
  CHECK(it.sink.taken[0].header("weir.listener") == "all");
  CHECK(it.sink.taken[0].header("weir.target") == "kafka");
  it.sink.deliver_all();
  CHECK(it.confirmed() == lsn{0x2000});
}

TEST_CASE("operations that a listener does not name are not its business") {
  auto with = usual_options();
  with.listeners.front().operations = "ud";
  flowing it{with};
  it.transaction(0x2000, it.orders, 1, 3);
  it.say(0x2100, "hello");
  CHECK(it.sink.taken.empty());
  CHECK(it.confirmed() == lsn{0x2100});
}

TEST_CASE("a changed key is forgotten where the old one lies: topic, key, partition and headers of its own") {
  auto with = usual_options();
  auto& to = with.targets.front();
  to.topic = template_of("t.{new.id}");
  to.partition_by = template_of("{new.id}", escaping::none);
  to.headers.emplace_back("id", template_of("{new.id}", escaping::none));
  flowing it{with};
  it.begin(0x2000);
  it.change_key(it.orders, 1, 2);
  it.commit();
  REQUIRE(it.sink.taken.size() == 3);
  CHECK(it.sink.taken[0].topic == "t.1");
  CHECK(it.sink.taken[0].header("id") == "1");
  CHECK(it.sink.taken[1].topic == "t.1");
  CHECK_FALSE(it.sink.taken[1].value);
  CHECK(it.sink.taken[2].topic == "t.2");
  CHECK(it.sink.taken[2].header("id") == "2");
  CHECK(it.sink.taken[2].header("weir.position") == "1/0/1FFF/1/2");
  it.sink.deliver_all();
  CHECK(it.is_quiet());
}

TEST_CASE("no row and no table makes a topic that is Weir's own") {
  auto with = usual_options();
  with.reserved_topics = {"weir.state", "weir.public.state"};
  SECTION("a row") { with.targets.front().topic = template_of("weir.{new.note}"); }
  SECTION("a table") {}
  flowing it{with};
  auto table_named_so = table(20'000, "state", 7);
  it.begin(0x2000);
  it.insert(table_named_so, 1, "state");
  it.commit();
  REQUIRE(it.sink.taken.size() == 1);
  CHECK(it.sink.taken[0].topic == dead_letters);
  CHECK(it.sink.taken[0].header("weir.error.code") == "TOPIC");
}

TEST_CASE("002-19 a topic that stands still is told, though another target is well") {
  flowing it{two_targets()};
  it.sink.answer = [](const auto& topic, const event::record&, bool) {
    return topic == "audit" ? acceptance::busy : acceptance::taken;
  };
  const auto start = steady_clock::now();
  it.transaction(0x2000, it.orders, 1, 1);
  it.flow.tick(start);
  it.flow.tick(start + 9s);
  CHECK(it.flow.stuck(start + 9s).empty());
  it.insert_alone(it.orders, 2);
  it.sink.deliver_all();
  it.flow.tick(start + 11s);
  CHECK(it.flow.stuck(start + 11s).find("topic audit of target audit has not moved for 11 s") == 0);
  it.sink.answer = {};
  it.flow.room();
  it.flow.tick(start + 12s);
  CHECK(it.flow.stuck(start + 12s).empty());
}
