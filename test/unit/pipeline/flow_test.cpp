#include "flow_fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::pipeline;
using namespace weir::pipeline::test;
using event::acceptance;
using result = event::report::result;

namespace {

bool says(const std::optional<std::string>& value, std::string_view what) {
  return value && value->find(what) != std::string::npos;
}

}  // namespace

TEST_CASE_METHOD(flowing,
                 "a change becomes a record with position and run, and its report confirms the commit") {
  begin(0x2000);
  insert(orders, 1, "first");
  insert(items, 2, "second");
  commit();
  REQUIRE(sink.taken.size() == 2);
  CHECK(sink.taken[0].topic == "weir.public.orders");
  CHECK(says(sink.taken[0].key, "1"));
  CHECK(says(sink.taken[0].value, "first"));
  CHECK(sink.taken[0].header("weir.position") == "1/0/1FFF/1/0");
  CHECK(sink.taken[1].header("weir.position") == "1/0/1FFF/2/0");
  CHECK(sink.taken[1].header("weir.run") == "1");
  CHECK(flow.records_in_flight() == 2);
  CHECK(budget.used() == flow.bytes_in_flight());
  CHECK(budget.used() > 2 * event::overhead_of_record);
  sink.report(1);
  CHECK(confirmed() == lsn{0x1000});
  sink.report(0);
  CHECK(confirmed() == lsn{0x2000});
  CHECK(is_quiet());
  CHECK(flow.counts().delivered == 2);
  CHECK(flow.counts().taken.of(event::operation::create) == 2);
  CHECK(flow.take_latencies().seconds > 0.003);
}

TEST_CASE_METHOD(flowing, "a key update is settled when delete, tombstone and insert are reported") {
  begin(0x2000);
  change_key(orders, 1, 2);
  commit();
  REQUIRE(sink.taken.size() == 3);
  CHECK(sink.taken[0].header("weir.position") == "1/0/1FFF/1/0");
  CHECK(sink.taken[1].header("weir.position") == "1/0/1FFF/1/1");
  CHECK(sink.taken[2].header("weir.position") == "1/0/1FFF/1/2");
  CHECK_FALSE(sink.taken[1].value.has_value());
  CHECK(flow.counts().taken.of(event::operation::update) == 1);
  sink.report(0);
  sink.report(2);
  CHECK(confirmed() == lsn{0x1000});
  sink.report(1);
  CHECK(confirmed() == lsn{0x2000});
  CHECK(is_quiet());
}

TEST_CASE("a table that nobody takes is settled at once and asks the sink for nothing") {
  auto with = usual_options();
  with.listeners.front().takes = [](std::string_view, std::string_view name) { return name != "items"; };
  flowing it{std::move(with)};
  it.transaction(0x2000, it.items, 1, 100);
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK(it.flow.counts().filtered.of(event::operation::create) == 100);
  CHECK(it.flow.counts().taken.of(event::operation::create) == 0);
  CHECK(it.sink.open_channels == 0);
  CHECK(it.is_quiet());
}

TEST_CASE_METHOD(flowing, "B5 a message outside of a transaction may be confirmed by its own LSN") {
  say(0x2000, "hello");
  REQUIRE(sink.taken.size() == 1);
  CHECK(sink.taken[0].topic == "weir.messages");
  CHECK(sink.taken[0].header("weir.position") == "1/0/2000/0/0");
  CHECK(confirmed() == lsn{0x1000});
  sink.report(0);
  CHECK(confirmed() == lsn{0x2000});
  CHECK(is_quiet());
}

TEST_CASE_METHOD(flowing,
                 "002-2 a poison record in the middle of 10 000 is a dead letter, and the ledger passes it") {
  begin(0x9000);
  for (int id = 1; id <= 10'000; ++id) insert(orders, id, id == 5000 ? poison : "good");
  commit();
  CHECK(sink.taken.size() == 10'000);
  const auto letter = std::find_if(sink.taken.begin(), sink.taken.end(),
                                   [](const auto& each) { return each.topic == dead_letters; });
  REQUIRE(letter != sink.taken.end());
  CHECK(letter->header("weir.error.code") == "ENCODE");
  CHECK(letter->header("weir.topic") == "weir.public.orders");
  CHECK(letter->header("weir.position") == "1/0/8FFF/5000/0");
  CHECK(letter->header("weir.run") == "1");
  CHECK(says(letter->value, R"("base64":"NTAwMA==")"));  // 5000
  CHECK(says(letter->value, R"("base64":"//4=")"));      // the poison itself
  const auto place = static_cast<std::size_t>(letter - sink.taken.begin());
  for (std::size_t n = 0; n < sink.taken.size(); ++n) {
    if (n != place) sink.report(n);
  }
  CHECK(confirmed() == lsn{0x1000});
  sink.report(place);
  CHECK(confirmed() == lsn{0x9000});
  CHECK(flow.counts().dead_lettered == 1);
  CHECK(flow.counts().delivered == 9999);
  CHECK(flow.counts().errors.at("ENCODE") == 1);
  CHECK_FALSE(flow.has_failed());
  CHECK(is_quiet());
}

TEST_CASE_METHOD(flowing, "002-3 with no table active the keep-alives move the confirmed LSN") {
  for (std::uint64_t at = 0x2000; at < 0x3000; at += 0x10) {
    flow.advance(lsn{at});
    CHECK(confirmed() == lsn{at});
  }
  CHECK(is_quiet());
}

TEST_CASE("002-3 a table that nobody takes, or that is silent beside busy ones, holds nothing back") {
  auto with = usual_options();
  with.listeners.front().takes = [](std::string_view, std::string_view name) { return name != "items"; };
  flowing it{std::move(with)};
  for (std::uint64_t n = 1; n <= 1000; ++n) {
    it.transaction(0x2000 + n * 16, n % 2 == 0 ? it.orders : it.items, 1, 3);
    it.flow.advance(lsn{0x2000 + n * 16 + 8});
    it.sink.deliver_all();
    REQUIRE(it.confirmed() == lsn{0x2000 + n * 16 + 8});
  }
  CHECK(it.is_quiet());
}

TEST_CASE_METHOD(flowing, "002-4 nothing is settled before its report, however long that takes") {
  transaction(0x2000, orders, 1, 10);
  flow.advance(lsn{0x3000});
  for (auto later = 1h; later < 100h; later += 1h) flow.tick(steady_clock::now() + later);
  CHECK(confirmed() == lsn{0x1000});
  CHECK(flow.records_in_flight() == 10);
  CHECK(sink.deliver_all() == 10);
  CHECK(confirmed() == lsn{0x3000});
}

TEST_CASE_METHOD(flowing, "002-4 a sink that is full is waited for, and no failure") {
  bool is_full = true;
  sink.answer = [&](const auto&, const auto&, bool) { return is_full ? acceptance::busy : acceptance::taken; };
  transaction(0x2000, orders, 1, 10);
  CHECK(sink.taken.empty());
  CHECK(flow.records_in_flight() == 10);
  CHECK(budget.used() > 0);
  CHECK_FALSE(flow.has_failed());
  is_full = false;
  flow.room();
  CHECK(sink.deliver_all() == 10);
  CHECK(confirmed() == lsn{0x2000});
  CHECK(is_quiet());
}

TEST_CASE_METHOD(flowing, "000-4 a report that comes twice counts once") {
  transaction(0x2000, orders, 1, 2);
  sink.report(0);
  sink.report_again(0);
  sink.report_again(0);
  CHECK(confirmed() == lsn{0x1000});
  CHECK(flow.records_in_flight() == 1);
  CHECK(flow.counts().delivered == 1);
  sink.report(1);
  CHECK(confirmed() == lsn{0x2000});
  CHECK(is_quiet());
}

TEST_CASE_METHOD(flowing, "002-1 a record that is lost ends the run, and the replay brings it again") {
  transaction(0x2000, orders, 1, 3);
  sink.report(0);
  sink.report(1, result::lost, "_TIMED_OUT");
  REQUIRE(flow.has_failed());
  CHECK(flow.has_failed()->reason == "record_lost");
  CHECK(flow.counts().errors.at("_TIMED_OUT") == 1);
  begin(0x3000);
  CHECK_THROWS_AS(insert(orders, 9, "later"), failure);
  drop_run();
  CHECK_FALSE(flow.has_failed());
  CHECK(confirmed() == lsn{0x1000});
  CHECK(is_quiet());
  CHECK(sink.open_channels == 0);

  flow.begin_run(2, 1, confirmed(), sink);
  transaction(0x2000, orders, 1, 3);
  CHECK(sink.taken.back().header("weir.run") == "2");
  CHECK(sink.deliver_all() == 3);
  CHECK(confirmed() == lsn{0x2000});
  CHECK(is_quiet());
}

TEST_CASE_METHOD(flowing, "a change that arrives between two runs is refused, not forgotten") {
  begin(0x2000);
  drop_run();
  CHECK_THROWS_AS(insert(orders, 1, "lost?"), failure);
}

TEST_CASE_METHOD(flowing, "a failed run offers nothing more: what waits comes again with the replay") {
  bool is_full = false;
  sink.answer = [&](const auto&, const auto&, bool) { return is_full ? acceptance::busy : acceptance::taken; };
  transaction(0x2000, orders, 1, 2);
  is_full = true;
  transaction(0x3000, orders, 3, 4);
  is_full = false;
  sink.report(0, result::lost);
  flow.room();
  flow.reachable(true, {});
  CHECK(sink.taken.size() == 2);
  sink.report(1);
  CHECK(sink.taken.size() == 2);
  CHECK(confirmed() == lsn{0x1000});
}

TEST_CASE_METHOD(flowing, "reports after a run was dropped settle nothing, also when the next one has begun") {
  transaction(0x2000, orders, 1, 3);
  auto& old = sink;
  fake_sink next;
  flow.drop_run();
  old.report(0);
  CHECK(confirmed() == lsn{0x1000});
  flow.begin_run(2, 1, confirmed(), next);
  transaction(0x2000, orders, 1, 3);
  old.report(1);
  old.report(2, result::lost);
  old.listener().broken(failure{verdict::retry, "fatal", "the old handle is broken"});
  old.listener().reachable(false, "the old handle is gone");
  CHECK_FALSE(flow.has_failed());
  CHECK(flow.parts().targets().front()->gate().lets_through());
  CHECK(flow.records_in_flight() == 3);
  CHECK(confirmed() == lsn{0x1000});
  CHECK(next.deliver_all() == 3);
  CHECK(confirmed() == lsn{0x2000});
  CHECK(is_quiet());
  flow.drop_run();  // before its sink goes
}

TEST_CASE_METHOD(flowing, "a run that is dropped with records in lanes gives all of the budget back") {
  sink.answer = [n = 0](const auto&, const auto&, bool) mutable {
    return ++n % 2 == 0 ? acceptance::busy : acceptance::taken;
  };
  begin(0x2000);
  for (int id = 1; id <= 100; ++id) insert(id % 3 == 0 ? orders : items, id, "note");
  CHECK(flow.records_in_flight() == 100);
  drop_run();
  CHECK(is_quiet());
  CHECK(flow.lane_count() == 0);
  CHECK(sink.open_channels == 0);
}

TEST_CASE_METHOD(flowing,
                 "002-5 a refused batch is replayed one by one, and only the guilty record is a dead letter") {
  transaction(0x2000, orders, 1, 5);
  for (std::size_t n = 0; n < 5; ++n) sink.report(n, result::refused, "MSG_SIZE_TOO_LARGE");
  REQUIRE(flow.has_failed());
  CHECK(flow.has_failed()->reason == "batch_refused");
  CHECK(flow.counts().dead_lettered == 0);
  drop_run();
  CHECK(is_quiet());

  flow.begin_run(2, 1, confirmed(), sink);
  transaction(0x2000, orders, 1, 5);
  transaction(0x3000, orders, 6, 7);
  std::size_t at = 5;
  for (int id = 1; id <= 5; ++id, ++at) {
    REQUIRE(sink.taken.size() == at + 1);
    CHECK(sink.taken[at].is_alone);
    if (id != 3) {
      sink.report(at);
      continue;
    }
    sink.report(at, result::refused, "MSG_SIZE_TOO_LARGE");
    CHECK_FALSE(flow.has_failed());
    // The next one goes on, and the dead letter is out.
    REQUIRE(sink.taken.size() == at + 3);
    const auto letter = at + 1;
    CHECK(sink.taken[letter].topic == dead_letters);
    CHECK(says(sink.taken[letter].value, "note 3"));
    CHECK(sink.taken[letter].header("weir.error.code") == "MSG_SIZE_TOO_LARGE");
    sink.report(letter);
    ++at;
  }
  CHECK(confirmed() == lsn{0x2000});
  CHECK(sink.deliver_all() == 2);
  CHECK(confirmed() == lsn{0x3000});
  CHECK(flow.counts().dead_lettered == 1);
  CHECK(flow.counts().errors.at("MSG_SIZE_TOO_LARGE") == 6);
  CHECK(is_quiet());
}

TEST_CASE_METHOD(flowing, "002-5 the search for the guilty record goes on after a run that broke meanwhile") {
  transaction(0x2000, orders, 1, 5);
  sink.report(4, result::refused);
  drop_run();
  flow.begin_run(2, 1, confirmed(), sink);
  transaction(0x2000, orders, 1, 5);
  sink.report(5, result::lost, "_TRANSPORT");
  CHECK(flow.has_failed()->reason == "record_lost");
  drop_run();
  flow.begin_run(3, 1, confirmed(), sink);
  transaction(0x2000, orders, 1, 5);
  REQUIRE(sink.taken.size() == 7);
  CHECK(sink.taken[6].is_alone);
}

TEST_CASE_METHOD(flowing,
                 "002-5 a lane that searches for the guilty record stays until the ledger has passed it") {
  transaction(0x2000, orders, 1, 5);
  sink.report(4, result::refused);
  drop_run();
  flow.begin_run(2, 1, confirmed(), sink);
  const auto later = steady_clock::now() + 1h;
  flow.tick(later);
  REQUIRE(flow.lane_count() == 1);
  CHECK(flow.parts().targets().front()->lanes().begin()->second.is_isolated());
  flow.advance(lsn{0x2000});
  flow.tick(later);
  CHECK(flow.lane_count() == 0);
}

TEST_CASE_METHOD(flowing, "a record that is refused when it is offered is a dead letter of this run") {
  sink.answer = [](const auto& topic, const event::record& what, bool) {
    const bool is_guilty = topic != dead_letters && what.value->find("note 2") != std::string_view::npos;
    return is_guilty ? acceptance::refused : acceptance::taken;
  };
  transaction(0x2000, orders, 1, 3);
  REQUIRE(sink.taken.size() == 3);
  CHECK(sink.taken[1].topic == dead_letters);
  CHECK(sink.taken[1].header("weir.error.code") == "MSG_SIZE_TOO_LARGE");
  CHECK(sink.taken[1].header("weir.topic") == "weir.public.orders");
  CHECK(says(sink.taken[1].value, "note 2"));
  CHECK(sink.deliver_all() == 3);
  CHECK(flow.counts().dead_lettered == 1);
  CHECK(confirmed() == lsn{0x2000});
  CHECK(is_quiet());
}

TEST_CASE("a dead letter that is too large goes in parts and settles with the last of them") {
  auto with = usual_options();
  with.dead_letter_part = 1024;
  flowing it{std::move(with)};
  it.sink.answer = [](const auto& topic, const event::record&, bool) {
    return topic == dead_letters ? acceptance::taken : acceptance::refused;
  };
  it.begin(0x2000);
  it.insert(it.orders, 1, std::string(5000, 'x'));
  it.commit();
  REQUIRE(it.sink.taken.size() >= 5);
  const auto parts = it.sink.taken.size();
  CHECK(it.sink.taken[0].header("weir.parts") == std::to_string(parts));
  CHECK(it.flow.records_in_flight() == parts);
  for (std::size_t n = parts; n-- > 1;) it.sink.report(n);
  CHECK(it.confirmed() == lsn{0x1000});
  it.sink.report(0);
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK(it.is_quiet());
}

TEST_CASE_METHOD(flowing, "a dead letter that is refused stops the run and comes again in smaller parts") {
  std::size_t most = 100'000;
  sink.answer = [&](const auto& topic, const event::record& what, bool) {
    if (topic != dead_letters) return acceptance::refused;
    return what.value->size() > most ? acceptance::refused : acceptance::taken;
  };
  const auto row = [&] {
    begin(0x2000);
    insert(orders, 1, std::string(400'000, 'x'));
    commit();
  };
  row();
  CHECK(sink.taken.empty());
  REQUIRE(flow.has_failed());
  CHECK(flow.has_failed()->reason == "dead_letter_unwritable");
  for (std::uint64_t run = 2; flow.has_failed() && run < 10; ++run) {
    drop_run();
    CHECK(is_quiet());
    flow.begin_run(run, 1, confirmed(), sink);
    row();
  }
  CHECK_FALSE(flow.has_failed());
  CHECK(sink.taken.size() >= 4);
  sink.deliver_all();
  CHECK(confirmed() == lsn{0x2000});
  CHECK(is_quiet());
}

TEST_CASE_METHOD(flowing, "a dead letter that is refused for its rights comes again as it was") {
  bool is_forbidden = true;
  sink.why = {"TOPIC_AUTHORIZATION_FAILED", "not authorised to write"};
  sink.answer = [&](const auto& topic, const auto&, bool) {
    return topic == dead_letters && !is_forbidden ? acceptance::taken : acceptance::refused;
  };
  for (std::uint64_t run = 2; run < 20; ++run) {
    begin(0x2000);
    insert(orders, 1, std::string(100'000, 'x'));
    commit();
    if (!flow.has_failed()) break;
    drop_run();
    flow.begin_run(run, 1, confirmed(), sink);
    is_forbidden = run < 15;
  }
  CHECK(sink.taken.size() == 1);
  CHECK(sink.deliver_all() == 1);
  CHECK(confirmed() == lsn{0x2000});
  CHECK(is_quiet());
}

TEST_CASE_METHOD(flowing, "while dead letters cannot be written at all the stream waits and says so") {
  sink.answer = [](const auto&, const auto&, bool) { return acceptance::refused; };
  for (std::uint64_t run = 2; run < 50; ++run) {
    begin(0x2000);
    insert(orders, 1, "note");
    commit();
    REQUIRE(flow.has_failed());
    CHECK(flow.has_failed()->reason == "dead_letter_unwritable");
    drop_run();
    flow.begin_run(run, 1, confirmed(), sink);
  }
  CHECK(confirmed() == lsn{0x1000});
  CHECK(sink.taken.empty());
}

TEST_CASE_METHOD(flowing,
                 "002-9 a topic that cannot be opened ends the session, and the table is not forgotten") {
  sink.on_open = [](const std::string& topic) {
    throw failure{verdict::permanent, "topic", "topic " + topic + " cannot be made"};
  };
  begin(0x2000);
  CHECK_THROWS_AS(insert(orders, 1, "note"), failure);
  CHECK_THROWS_AS(insert(orders, 1, "note"), failure);
  CHECK(flow.counts().filtered.of(event::operation::create) == 0);
  flow.begin_run(2, 1, lsn{0x1000}, sink);
  sink.on_open = {};
  transaction(0x2000, orders, 1, 1);
  CHECK(sink.deliver_all() == 1);
  CHECK(confirmed() == lsn{0x2000});
}

TEST_CASE_METHOD(flowing, "002-9 a dead-letter topic that cannot be opened ends the run and settles nothing") {
  sink.on_open = [](const std::string& topic) {
    if (topic == dead_letters) throw failure{verdict::permanent, "topic", "topic " + topic + " cannot be made"};
  };
  begin(0x2000);
  insert(orders, 1, poison);
  commit();
  REQUIRE(flow.has_failed());
  CHECK(flow.has_failed()->reason == "topic");
  CHECK(confirmed() == lsn{0x1000});
  drop_run();
  CHECK(is_quiet());
}

TEST_CASE_METHOD(flowing, "002-8 every lane goes on when a report closes the breaker, not only its own") {
  begin(0x2000);
  insert(orders, 1, "out");
  flow.reachable(false, "all brokers are down");
  insert(orders, 2, "waits");
  insert(items, 3, "waits too");
  commit();
  REQUIRE(sink.taken.size() == 1);
  CHECK(flow.parts().targets().front()->gate().is() == breaker::state::open);
  sink.report(0);
  CHECK(flow.parts().targets().front()->gate().is() == breaker::state::closed);
  CHECK(sink.taken.size() == 3);
  CHECK(sink.deliver_all() == 2);
  CHECK(confirmed() == lsn{0x2000});
  CHECK(is_quiet());
}

TEST_CASE_METHOD(flowing, "002-8 an open breaker probes the sink, and its answer lets the lanes go on") {
  flow.reachable(false, "all brokers are down");
  transaction(0x2000, orders, 1, 3);
  auto now = steady_clock::now();
  for (int n = 0; n < 100; ++n) flow.tick(now += 1s);
  CHECK(sink.probes > 10);
  CHECK(sink.taken.empty());
  flow.reachable(true, {});
  CHECK(flow.parts().targets().front()->gate().is() == breaker::state::half_open);
  CHECK(sink.deliver_all() == 3);
  CHECK(flow.parts().targets().front()->gate().is() == breaker::state::closed);
  CHECK(is_quiet());
}

TEST_CASE_METHOD(flowing, "002-8 a sink that reports nothing while records are out opens the breaker") {
  transaction(0x2000, orders, 1, 3);
  flow.tick(steady_clock::now() + 11s);
  CHECK(flow.parts().targets().front()->gate().is() == breaker::state::open);
  transaction(0x3000, orders, 4, 4);
  CHECK(sink.taken.size() == 3);
  CHECK(sink.deliver_all() == 4);
  CHECK(confirmed() == lsn{0x3000});
}

TEST_CASE_METHOD(flowing,
                 "a share that was forgotten anywhere ends the run, so that the replay brings it again") {
  transaction(0x2000, orders, 1, 1);
  {
    const auto forgotten = event::share::resume(*sink.taken[0].book, sink.taken[0].token);
  }
  CHECK_FALSE(flow.has_failed());
  flow.tick(steady_clock::now());
  REQUIRE(flow.has_failed());
  CHECK(flow.has_failed()->reason == "record_forgotten");
}

TEST_CASE_METHOD(flowing, "000-2 lanes are retired when they are idle, not while anything of them is out") {
  const auto later = steady_clock::now() + 2min;
  transaction(0x2000, orders, 1, 1);
  transaction(0x3000, items, 1, 1);
  CHECK(flow.lane_count() == 2);
  sink.report(0);
  flow.tick(later);
  REQUIRE(flow.lane_count() == 1);
  CHECK(flow.parts().targets().front()->lanes().begin()->first == "weir.public.items");
  sink.report(1);
  CHECK(confirmed() == lsn{0x3000});
  flow.tick(later);
  CHECK(flow.lane_count() == 0);
  CHECK(sink.open_channels == 0);
  transaction(0x4000, orders, 2, 2);
  CHECK(sink.deliver_all() == 1);
  CHECK(confirmed() == lsn{0x4000});
  CHECK(is_quiet());
}

TEST_CASE_METHOD(flowing,
                 "000-3 10 000 tables come, send, are dropped and leave nothing that is kept for them") {
  for (std::uint32_t n = 0; n < 10'000; ++n) {
    const auto each = table(20'000 + n, "t" + std::to_string(n), 100 + n);
    transaction(0x2000 + n * 8, each, 1, 1);
  }
  CHECK(flow.lane_count() == 10'000);
  CHECK(sink.deliver_all() == 10'000);
  flow.tick(steady_clock::now() + 2min);
  CHECK(flow.lane_count() == 0);
  CHECK(sink.open_channels == 0);
  CHECK(confirmed() == lsn{0x2000 + 9999 * 8});
  CHECK(is_quiet());
}

TEST_CASE_METHOD(flowing,
                 "a table that got a new definition goes on in its lane, a renamed one in a new lane") {
  transaction(0x2000, orders, 1, 1);
  auto altered = orders;
  altered.version = 9;
  transaction(0x3000, altered, 2, 2);
  CHECK(flow.lane_count() == 1);
  altered.version = 10;
  altered.name = "purchases";
  transaction(0x4000, altered, 3, 3);
  CHECK(flow.lane_count() == 2);
  CHECK(sink.taken.back().topic == "weir.public.purchases");
}

TEST_CASE_METHOD(flowing,
                 "the next run over the same sink goes on when the source was lost and all is settled") {
  transaction(0x2000, orders, 1, 2);
  begin(0x3000);
  insert(orders, 3, "half of it");
  CHECK(sink.deliver_all() == 3);
  CHECK(flow.book().has_nothing_out());
  CHECK(confirmed() == lsn{0x2000});
  flow.begin_run(2, 1, confirmed(), sink);
  transaction(0x3000, orders, 3, 4);
  CHECK(sink.deliver_all() == 2);
  CHECK(confirmed() == lsn{0x3000});
  CHECK(is_quiet());
}
