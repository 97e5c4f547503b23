#include "flow_fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <string>

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::pipeline;
using namespace weir::pipeline::test;
using result = event::report::result;

namespace {

constexpr std::string_view no_right = "TOPIC_AUTHORIZATION_FAILED";

flow_options two_targets() {
  auto with = usual_options();
  with.listeners = {listener_for("all", {0, 1})};
  with.targets = {target_to("stream", "stream"), target_to("audit", "audit")};
  return with;
}

/// The newest record that went to `topic`.
std::size_t last_to(const fake_sink& sink, std::string_view topic) {
  const auto found = std::find_if(sink.taken.rbegin(), sink.taken.rend(),
                                  [&](const auto& each) { return each.topic == topic; });
  return static_cast<std::size_t>(std::distance(found, sink.taken.rend())) - 1;
}

/// A second run after the right to write "audit" went in the middle of a batch of the first.
struct denied : flowing {
  explicit denied(const flow_options& with = two_targets()) : flowing{with} {
    transaction(0x2000, orders, 1, 3);
    sink.report(last_to(sink, "audit"), result::denied, no_right);
    CHECK(flow.has_failed());
    drop_run();
    flow.begin_run(2, 1, confirmed(), sink);
    first_of_run = sink.taken.size();
    transaction(0x2000, orders, 1, 3);
  }
  [[nodiscard]] std::size_t sent_in_run(std::string_view topic) const {
    return static_cast<std::size_t>(
        std::count_if(sink.taken.begin() + static_cast<std::ptrdiff_t>(first_of_run), sink.taken.end(),
                      [&](const auto& each) { return each.topic == topic; }));
  }
  std::size_t first_of_run = 0;
};

}  // namespace

TEST_CASE("a topic that may not be written (any more) waits: no dead letter, and no other topic notices") {
  auto with = two_targets();
  SECTION("dead letters") { with.targets[1].policy = on_error::dead_letter; }
  SECTION("stop") { with.targets[1].policy = on_error::stop; }
  SECTION("drop") { with.targets[1].policy = on_error::drop; }
  denied it{with};
  CHECK(it.sent_in_run("stream") == 3);
  CHECK(it.sent_in_run("audit") == 1);
  CHECK(it.sink.taken[last_to(it.sink, "audit")].is_alone);
  it.sink.report(last_to(it.sink, "audit"), result::denied, no_right);
  CHECK_FALSE(it.flow.has_failed());
  CHECK(it.sent_in_run("audit") == 1);
  const auto why = it.flow.stuck(steady_clock::now());
  CHECK(why.find("target audit waits for topic audit, which takes nothing from us now") == 0);
  CHECK(it.flow.halted_because().empty());
  it.insert_alone(it.orders, 4);
  CHECK(it.sent_in_run("stream") == 4);
  CHECK(it.sent_in_run(dead_letters) == 0);
  CHECK(it.budget.has_room(1));

  // Nothing else is out: reading goes on all the same, unless there is no room.
  for (std::size_t at = it.first_of_run; at < it.sink.taken.size(); ++at) {
    if (!it.sink.taken[at].is_reported) it.sink.report(at);
  }
  const auto later = steady_clock::now() + 120s;
  it.flow.tick(later);
  CHECK(it.flow.last_settled() == later);
  it.budget.take(it.budget.limit());
  it.flow.tick(later + 120s);
  CHECK(it.flow.last_settled() == later);
  it.budget.release(it.budget.limit());
}

TEST_CASE("a topic that may not be written is asked again with one record, and goes on by itself") {
  denied it;
  it.sink.report(last_to(it.sink, "audit"), result::denied, no_right);
  auto now = steady_clock::now();
  for (int asked = 2; asked <= 4; ++asked) {
    it.flow.tick(now);
    it.flow.tick(now += 6s);
    REQUIRE(it.sent_in_run("audit") == static_cast<std::size_t>(asked));
    CHECK(it.sink.taken.back().is_alone);
    it.flow.room();
    CHECK(it.sent_in_run("audit") == static_cast<std::size_t>(asked));
    if (asked < 4) it.sink.report(it.sink.taken.size() - 1, result::denied, no_right);
  }
  CHECK(it.confirmed() == lsn{0x1000});
  it.sink.deliver_all();
  CHECK(it.flow.stuck(now).empty());
  CHECK(it.sink.delivered_to("audit").size() == 3);
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK(it.is_quiet());
}

TEST_CASE("a stop does not wait for a right that is missing, and the next run asks with one record, too") {
  denied it;
  it.sink.report(last_to(it.sink, "audit"), result::denied, no_right);
  CHECK_FALSE(it.flow.waits_for_operator_only());
  for (std::size_t at = it.first_of_run; at < it.sink.taken.size(); ++at) {
    if (!it.sink.taken[at].is_reported) it.sink.report(at);
  }
  CHECK(it.flow.waits_for_operator_only());
  it.drop_run();
  it.flow.begin_run(3, 1, it.confirmed(), it.sink);
  it.first_of_run = it.sink.taken.size();
  it.transaction(0x2000, it.orders, 1, 3);
  CHECK(it.sent_in_run("audit") == 1);
  it.sink.deliver_all();
  CHECK(it.is_quiet());
}

TEST_CASE("a dead letter whose topic may not be written waits there, too") {
  flowing it;
  const auto insert_poison = [&] {
    it.begin(0x2000);
    it.insert(it.orders, 1, poison);
    it.commit();
  };
  insert_poison();
  it.sink.report(0, result::denied, no_right);
  CHECK(it.flow.has_failed());
  it.drop_run();
  it.flow.begin_run(2, 1, it.confirmed(), it.sink);
  insert_poison();
  it.sink.report(1, result::denied, no_right);
  CHECK_FALSE(it.flow.has_failed());
  CHECK_FALSE(it.flow.stuck(steady_clock::now()).empty());
  it.flow.tick(steady_clock::now());
  it.flow.tick(steady_clock::now() + 6s);
  it.sink.deliver_all();
  CHECK(it.sink.delivered_to(dead_letters).size() == 1);
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK(it.is_quiet());
}

TEST_CASE("002-6 headers of a target are part of the budget, and all of it comes back") {
  auto with = usual_options();
  constexpr std::size_t size = 10'000;
  with.targets.front().headers.emplace_back("note", template_of("{new.note}", escaping::none));
  flowing it{with};
  it.begin(0x2000);
  const std::string large(size, 'x');
  it.insert(it.orders, 1, large);
  it.insert(it.orders, 2, "small");
  it.commit();
  // The text is in the value, too.
  CHECK(it.budget.used() > 2 * size);
  it.sink.report(1);
  CHECK(it.budget.used() > size);
  it.sink.report(0);
  CHECK(it.is_quiet());
}
