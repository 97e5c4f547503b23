#include <kafka/departure.hpp>

#include <catch2/catch_test_macros.hpp>

namespace weir {
namespace {

using namespace std::chrono_literals;
using kafka::departure;

constexpr bytes batch = 1'000'000;
constexpr steady_time start{1h};

struct stream {
  departure decision{batch};
  departure::progress so_far;
  steady_time now = start;

  [[nodiscard]] departure::next_look look() { return decision.look(now, so_far); }
  [[nodiscard]] bool leaves() { return look().at <= now; }
  void take(std::uint64_t count, bytes each = 500) {
    so_far.taken += count;
    so_far.size += count * each;
  }
  void leave() { decision.left(now, so_far); }
  void answer_all() { so_far.answered = so_far.taken; }
  /// A backlog that has lasted for a while: 200 bytes each microsecond.
  void be_busy() {
    (void)look();
    take(4000);
    now += 10ms;
    (void)look();
  }
};

TEST_CASE("a record of a quiet stream leaves at once") {
  stream one;
  const auto idle = one.look();
  CHECK(idle.at == steady_time::max());
  CHECK(idle.on_take);
  one.take(1);
  CHECK(one.leaves());
}

TEST_CASE("what comes while a request is under way leaves together when that is answered") {
  stream one;
  one.take(1);
  one.leave();
  one.now += 500us;
  one.take(3);
  const auto next = one.look();
  CHECK(next.at > one.now);
  CHECK(next.on_answer);
  CHECK_FALSE(next.on_take);
  one.so_far.answered = 1;
  CHECK(one.leaves());
}

TEST_CASE("in a busy stream records wait for a full batch, but only for so long") {
  stream one;
  one.be_busy();
  const auto next = one.look();
  CHECK(next.at == one.now + departure::longest_wait);
  CHECK_FALSE(next.on_take);
  CHECK_FALSE(next.on_answer);
  one.take(4000);
  one.now = next.at;
  CHECK(one.leaves());
}

TEST_CASE("a busy stream whose broker answers nothing is not hurried") {
  stream one;
  one.be_busy();
  one.now += departure::longest_wait;
  REQUIRE(one.leaves());
  one.leave();
  one.now += 2ms;
  one.take(4000);
  const auto next = one.look();
  CHECK(next.at == one.now - 2ms + departure::shortest_patience);
  CHECK(next.on_answer);
  ++one.so_far.answered;
  CHECK(one.look().at == one.now + departure::longest_wait);
}

TEST_CASE("the rate is forgotten with the backlog") {
  stream one;
  one.be_busy();
  one.now += departure::longest_wait;
  one.leave();
  one.answer_all();
  CHECK(one.look().at == steady_time::max());
  one.now += 10ms;
  one.take(1);
  CHECK(one.leaves());
}

TEST_CASE("a thousand small transactions a second are quiet") {
  stream one;
  for (int i = 0; i < 100; ++i) {
    one.now += 1ms;
    one.take(10);
    REQUIRE(one.leaves());
    one.leave();
    one.answer_all();
    REQUIRE_FALSE(one.leaves());
  }
}

TEST_CASE("the order to leave is repeated, more and more seldom, while no answer comes") {
  stream one;
  one.take(1);
  REQUIRE(one.leaves());
  one.leave();
  auto wait = departure::shortest_patience;
  for (int i = 0; i < 10; ++i) {
    const auto next = one.look();
    REQUIRE(next.at == one.now + wait);
    one.now = next.at;
    REQUIRE(one.leaves());
    one.leave();
    wait = std::min(wait * 2, departure::longest_patience);
  }
  SECTION("an answer makes it patient again") {
    one.take(1);
    one.so_far.answered = 1;
    CHECK(one.leaves());
    one.leave();
    CHECK(one.look().at == one.now + departure::shortest_patience);
  }
}

}  // namespace
}  // namespace weir
