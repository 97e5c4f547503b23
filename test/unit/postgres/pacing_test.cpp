#include <postgres/pacing.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using std::chrono::microseconds;
using weir::postgres::pacing;

namespace {

constexpr bytes window = 64 * kibibyte;
constexpr bytes one_message = 160;

/// A reader that pauses as it is told, against a sender of `rate` bytes per second whose window holds
/// `capacity`. Reading takes no time; who waits for the socket is woken by the first message.
struct simulation {
  double rate;
  bytes capacity;
  pacing pace{window};
  steady_time now{std::chrono::hours{1}};
  pacing::duration pause{};

  void gulp() {
    const auto first =
        pacing::duration{static_cast<std::int64_t>(static_cast<double>(one_message) / rate * 1e9)};
    const auto filled = std::max(pause, first);
    now += filled;
    const auto sent = static_cast<bytes>(rate * std::chrono::duration<double>(filled).count());
    pause = pace.pause_after(now, std::clamp(sent, one_message, capacity));
  }
  /// The pause in the long run, without the probes.
  pacing::duration settled() {
    for (int round = 0; round < 20'000; ++round) gulp();
    while (pause == pacing::longest_pause) gulp();
    return pause;
  }
};

}  // namespace

TEST_CASE("a short link has a small fixed window, a long one and a Unix socket the kernel's own") {
  CHECK(pacing::window_for(microseconds{40}) == window);
  CHECK_FALSE(pacing::window_for(microseconds{1000}));
  CHECK_FALSE(pacing::window_for(std::nullopt));
}

TEST_CASE("a quiet stream is read at once") {
  simulation quiet{.rate = 10'000.0 * one_message, .capacity = window};
  for (int round = 0; round < 10'000; ++round) {
    quiet.gulp();
    CHECK(quiet.pause.count() == 0);
  }
}

TEST_CASE("a backlog is left to fill about one window, whatever the sender's rate") {
  constexpr bytes capacity = 32 * kibibyte;
  for (const double rate : {50e6, 80e6, 160e6, 300e6}) {
    INFO(rate);
    const auto needed = static_cast<double>(capacity) / rate;
    const auto taken =
        std::chrono::duration<double>(simulation{.rate = rate, .capacity = capacity}.settled()).count();
    CHECK(taken > needed * 0.6);
    CHECK(taken < needed * 1.2);
  }
}

TEST_CASE("a backlog that ends is a quiet stream again within milliseconds") {
  simulation stream{.rate = 50e6, .capacity = 32 * kibibyte};
  (void)stream.settled();
  stream.rate = 100.0 * one_message;
  stream.gulp();
  stream.gulp();
  CHECK(stream.pause.count() == 0);
}

TEST_CASE("a pause stays within its bounds") {
  CHECK(simulation{.rate = 1e9, .capacity = 16 * kibibyte}.settled() == pacing::shortest_pause);
  simulation slow{.rate = 10e6, .capacity = window};
  for (int round = 0; round < 5000; ++round) {
    slow.gulp();
    CHECK(slow.pause <= pacing::longest_pause);
  }
}
