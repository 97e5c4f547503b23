#include "fake_sink.hpp"

#include <pipeline/lane.hpp>
#include <pipeline/ledger.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::pipeline;
using event::acceptance;
using weir::pipeline::test::fake_sink;
using weir::pipeline::test::taken_record;

namespace {

event::position at(std::uint64_t seq) { return {1, lsn{0x100}, seq, 0}; }

struct laned : refusals {
  ledger book;
  event::entry_token entry;
  breaker gate{10s, 100ms, 5s};
  fake_sink sink;
  lane way{"orders", sink.open("orders", event::topic_kind::changes), gate, *this};
  steady_time now{1h};
  std::vector<std::string> refused_values;
  std::string refused_because;
  bool keeps_refused = false;

  laned() {
    book.restart(lsn{1});
    entry = book.open(now);
  }

  fate refused(const std::string& topic, const event::record& what, const event::refusal& why,
               event::share& part) override {
    CHECK(topic == "orders");
    refused_values.emplace_back(*what.value);
    refused_because = why.code;
    if (keeps_refused) return fate::stays;
    part.settle(event::outcome::dead_lettered);
    return fate::ended;
  }

  void put(std::uint64_t seq) {
    const auto value = std::to_string(seq);
    const std::array<event::header, 1> headers{{{"n", value}}};
    way.put({value, value, headers}, at(seq), event::share{book, entry}, now);
  }
  void put(std::uint64_t first, std::uint64_t last) {
    for (; first <= last; ++first) put(first);
  }
  /// As the flow does it with a report.
  bool reported() {
    const bool was_alone = way.reported();
    way.flush();
    return was_alone;
  }
  [[nodiscard]] std::vector<std::string> taken() const {
    std::vector<std::string> values;
    for (const auto& each : sink.taken) values.push_back(*each.value);
    return values;
  }
};

using values = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(laned, "a record goes straight through while the channel takes it") {
  const char* offered = nullptr;
  std::string value(100, 'x');
  sink.answer = [&](const auto&, const event::record& what, bool) {
    offered = what.value->data();
    return acceptance::taken;
  };
  way.put({std::nullopt, value, {}}, at(1), event::share{book, entry}, now);
  CHECK(offered == value.data());  // the caller's own bytes: nothing was copied on the way
  CHECK(way.queued() == 0);
  CHECK(way.outstanding() == 1);
  CHECK(way.last_offered() == at(1));
  CHECK(way.last_used() == now);
  CHECK_FALSE(way.is_empty());
  CHECK_FALSE(reported());
  CHECK(way.is_empty());
}

TEST_CASE_METHOD(laned, "the order is kept over a channel that is busy now and then") {
  int offers = 0;
  sink.answer = [&](const auto&, const auto&, bool) {
    return ++offers % 3 == 0 ? acceptance::taken : acceptance::busy;
  };
  put(1, 10);
  CHECK(taken().size() < 10);
  CHECK(way.waits_for() == "room in the sink");
  for (int n = 0; n < 20; ++n) way.flush();
  CHECK(taken() == values{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"});
  CHECK(way.queued() == 0);
  CHECK(way.waits_for().empty());
}

TEST_CASE_METHOD(laned, "what waits keeps key, value, headers and share") {
  bool is_busy = true;
  sink.answer = [&](const auto&, const auto&, bool) { return is_busy ? acceptance::busy : acceptance::taken; };
  put(1);
  way.put({std::nullopt, std::nullopt, {}}, at(2), event::share{book, entry}, now);
  way.put({"", "", {}}, at(3), event::share{book, entry}, now);
  is_busy = false;
  way.flush();
  REQUIRE(sink.taken.size() == 3);
  CHECK(sink.taken[0].key == "1");
  CHECK(sink.taken[0].header("n") == "1");
  CHECK_FALSE(sink.taken[1].key.has_value());
  CHECK_FALSE(sink.taken[1].value.has_value());
  CHECK(sink.taken[2].key == "");
  CHECK(sink.taken[2].value == "");
  CHECK(book.held() == 3);
  CHECK(book.abandoned() == 0);
}

TEST_CASE_METHOD(laned, "a record that must travel alone waits for what is out and lets nothing pass") {
  sink.answer = [&](const auto&, const event::record& what, bool is_alone) {
    return *what.value == "3" && !is_alone ? acceptance::alone : acceptance::taken;
  };
  put(1, 5);
  CHECK(taken() == values{"1", "2"});
  CHECK_FALSE(reported());
  CHECK(taken() == values{"1", "2"});
  CHECK_FALSE(reported());
  CHECK(taken() == values{"1", "2", "3"});
  CHECK(sink.taken[2].is_alone);
  put(6);
  CHECK(way.waits_for() == "the report of a record that travels alone");
  CHECK(taken().size() == 3);
  CHECK(reported());
  CHECK(taken() == values{"1", "2", "3", "4", "5", "6"});
}

TEST_CASE_METHOD(laned, "a record that must travel alone goes at once when nothing is out") {
  sink.answer = [](const auto&, const auto&, bool is_alone) {
    return is_alone ? acceptance::taken : acceptance::alone;
  };
  put(1, 2);
  CHECK(taken() == values{"1"});
  CHECK(reported());
  CHECK(taken() == values{"1", "2"});
}

TEST_CASE_METHOD(laned, "in isolation one record is out at a time, up to the position that was named") {
  way.isolate(at(3));
  put(1, 5);
  CHECK(taken() == values{"1"});
  CHECK(reported());
  CHECK(taken() == values{"1", "2"});
  CHECK(reported());
  CHECK(reported());
  CHECK(taken() == values{"1", "2", "3", "4", "5"});
  CHECK(sink.taken[2].is_alone);
  CHECK_FALSE(sink.taken[3].is_alone);
  CHECK_FALSE(way.is_isolated());
}

TEST_CASE_METHOD(laned, "what is refused when it is offered leaves the order of the others alone") {
  sink.answer = [](const auto&, const event::record& what, bool) {
    return *what.value == "2" ? acceptance::refused : acceptance::taken;
  };
  put(1, 3);
  CHECK(taken() == values{"1", "3"});
  CHECK(refused_values == values{"2"});
  CHECK(refused_because == "MSG_SIZE_TOO_LARGE");
  CHECK(way.outstanding() == 2);
}

TEST_CASE_METHOD(laned, "what is refused after it waited goes with its own bytes") {
  bool is_busy = true;
  sink.answer = [&](const auto&, const event::record& what, bool) {
    if (is_busy) return acceptance::busy;
    return *what.value == "2" ? acceptance::refused : acceptance::taken;
  };
  put(1, 3);
  is_busy = false;
  way.flush();
  CHECK(taken() == values{"1", "3"});
  CHECK(refused_values == values{"2"});
  CHECK(book.held() == 2);
}

TEST_CASE_METHOD(laned, "002-8 nothing is offered while the breaker is open, and all in order when it is not") {
  gate.on_unreachable(now, "all brokers are down");
  put(1, 3);
  way.flush();
  CHECK(taken().empty());
  CHECK(way.waits_for() == "the breaker is open");
  gate.on_reachable(now);
  put(4);
  CHECK(taken() == values{"1", "2", "3", "4"});
}

TEST_CASE("a lane that goes with records in it abandons them") {
  ledger book;
  book.restart(lsn{1});
  const auto entry = book.open({});
  breaker gate{10s, 100ms, 5s};
  gate.on_unreachable({}, "down");
  fake_sink sink;
  struct nothing_refused final : refusals {
    fate refused(const std::string&, const event::record&, const event::refusal&, event::share&) override {
      FAIL("nothing was offered");
      return fate::ended;
    }
  } refuses;
  {
    lane way{"orders", sink.open("orders", event::topic_kind::changes), gate, refuses};
    way.put({std::nullopt, "1", {}}, at(1), event::share{book, entry}, {});
  }
  CHECK(book.abandoned() == 1);
  CHECK(sink.open_channels == 0);
}

TEST_CASE_METHOD(laned, "a lane whose record stays halts with it at its front, and goes on when it is taken") {
  keeps_refused = true;
  sink.answer = [](const auto&, const event::record& what, bool) {
    return *what.value == "2" ? acceptance::refused : acceptance::taken;
  };
  put(1);
  put(2);
  put(3);
  CHECK(way.is_halted());
  CHECK(way.queued() == 2);
  CHECK(way.waits_for().find("MSG_SIZE_TOO_LARGE") == std::string::npos);
  CHECK(way.waits_for().find("1200000 bytes are more than the topic takes") != std::string::npos);
  way.flush();
  CHECK(sink.taken.size() == 1);
  way.try_again();
  CHECK(way.is_halted());
  sink.answer = {};
  way.try_again();
  CHECK_FALSE(way.is_halted());
  REQUIRE(sink.taken.size() == 3);
  CHECK(sink.taken[1].value == "2");
  CHECK(sink.taken[2].value == "3");
}
