#include "flow_fixture.hpp"

#include <catch2/catch_test_macros.hpp>
#include <event/heartbeat.hpp>

using namespace weir;
using namespace weir::pipeline;
using namespace weir::pipeline::test;

namespace {

flow_options with_topic(std::chrono::milliseconds interval) {
  auto with = usual_options();
  with.heartbeat_topic = "__debezium-heartbeat.weir";
  with.heartbeat_interval = interval;
  return with;
}

event::change heartbeat(const event::transaction& within, std::string_view content) {
  event::change what;
  what.op = event::operation::message;
  what.within = &within;
  what.seq = 1;
  what.at = within.final_lsn;
  what.message_prefix = event::heartbeat_prefix;
  what.message_content = content;
  return what;
}

}  // namespace

TEST_CASE(
    "no listener sees a heartbeat, whoever wrote it; who asked for it does, and its commit is confirmed") {
  flowing it;
  std::vector<std::string> told;
  it.flow.on_heartbeat([&](std::string_view content) { told.emplace_back(content); });
  it.begin(0x2000);
  it.flow.admit(heartbeat(it.within, "mine 1"));
  it.commit();
  CHECK(told == std::vector<std::string>{"mine 1"});
  CHECK(it.sink.taken.empty());
  CHECK(it.confirmed() == lsn{0x2000});
  CHECK(it.is_quiet());
}

TEST_CASE("Debezium's heartbeat is written at a commit, and holds its position back until it is delivered") {
  flowing it{with_topic(std::chrono::hours{1})};
  it.begin(0x2000);
  it.flow.admit(heartbeat(it.within, "mine 1"));
  it.commit();
  REQUIRE(it.sink.taken.size() == 1);
  CHECK(it.sink.taken[0].topic == "__debezium-heartbeat.weir");
  CHECK(it.sink.taken[0].key == R"({"serverName":"weir"})");
  REQUIRE(it.sink.taken[0].value);
  CHECK(it.sink.taken[0].value->starts_with(R"({"ts_ms":1)"));
  CHECK(it.confirmed() == lsn{0x1000});
  it.sink.report(0);
  CHECK(it.confirmed() == lsn{0x2000});
  it.transaction(0x3000, it.orders, 1, 1);
  CHECK(it.sink.taken.size() == 2);  // the interval is not over
}

TEST_CASE("Debezium's heartbeat is written for a keep-alive only when nothing is out") {
  flowing it{with_topic(std::chrono::milliseconds{0})};
  it.flow.advance(lsn{0x2000});
  REQUIRE(it.sink.taken.size() == 1);
  it.flow.advance(lsn{0x3000});
  it.flow.advance(lsn{0x4000});
  CHECK(it.sink.taken.size() == 1);
  it.sink.report(0);
  CHECK(it.confirmed() == lsn{0x4000});
  it.flow.advance(lsn{0x3500});  // behind what is confirmed
  CHECK(it.sink.taken.size() == 1);
  it.flow.advance(lsn{0x5000});
  CHECK(it.sink.taken.size() == 2);
  CHECK(it.sink.taken[1].header("weir.position") == "1/0/5000/0/0");
}
