#include <postgres/pacing.hpp>

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using std::chrono::microseconds;
using weir::postgres::pacing;

namespace {

constexpr bytes window = 64 * kibibyte;
constexpr bytes one_message = 160;
constexpr bytes one_read = 16 * kibibyte;

/// A reader that rests as it is told and takes `work` for each read, against a sender of `rate` bytes per
/// second.
struct simulation {
  double rate;
  pacing::duration work{};
  pacing pace{window};
  steady_time now{std::chrono::hours{1}};
  pacing::duration pause{};
  double waiting = 0;  ///< bytes in the window
  std::uint64_t taken = 0;
  std::uint64_t reads = 0;

  void pass(pacing::duration time) {
    now += time;
    waiting =
        std::min(waiting + rate * std::chrono::duration<double>(time).count(), static_cast<double>(window));
  }
  void read() {
    pass(pause);
    if (waiting < one_message) pass(pacing::duration{static_cast<std::int64_t>(one_message / rate * 1e9) + 1});
    const auto size = std::min(static_cast<bytes>(waiting), one_read);
    waiting -= static_cast<double>(size);
    taken += size;
    ++reads;
    pass(work);
    pause = pace.pause_after(now, size);
  }
  void settle() {
    for (int round = 0; round < 20'000; ++round) read();
    taken = reads = 0;
    for (int round = 0; round < 2'000; ++round) read();
  }
  [[nodiscard]] double mean_read() const { return static_cast<double>(taken) / static_cast<double>(reads); }
};

}  // namespace

TEST_CASE("a short link has a small fixed window, a long one and a Unix socket the kernel's own") {
  CHECK(pacing::window_for(microseconds{40}) == window);
  CHECK_FALSE(pacing::window_for(microseconds{1000}));
  CHECK_FALSE(pacing::window_for(std::nullopt));
}

TEST_CASE("a quiet stream is read at once") {
  simulation quiet{.rate = 10'000.0 * one_message};
  for (int round = 0; round < 10'000; ++round) {
    quiet.read();
    REQUIRE(quiet.pause.count() == 0);
  }
}

TEST_CASE("a backlog is read in nearly full reads, whatever the sender's rate") {
  for (const double rate : {30e6, 50e6, 100e6, 200e6}) {
    INFO(rate);
    simulation backlog{.rate = rate};
    backlog.settle();
    CHECK(backlog.mean_read() > 0.6 * one_read);
    CHECK(backlog.waiting < 2.0 * one_read);  // and the sender is not held up
  }
}

TEST_CASE("who takes longer than the sender never rests") {
  simulation slow{.rate = 50e6, .work = microseconds{600}};
  slow.settle();
  CHECK(slow.pause.count() == 0);
  CHECK(slow.mean_read() > 0.95 * one_read);
}

TEST_CASE("the time that a read took to use up counts as rest") {
  simulation busy{.rate = 50e6, .work = microseconds{150}};
  busy.settle();
  CHECK(busy.mean_read() > 0.6 * one_read);
  CHECK(busy.waiting < 2.0 * one_read);
}

TEST_CASE("a backlog that ends is a quiet stream again within milliseconds") {
  simulation stream{.rate = 50e6};
  stream.settle();
  stream.rate = 100.0 * one_message;
  for (int round = 0; round < 6; ++round) stream.read();
  CHECK(stream.pause.count() == 0);
}

TEST_CASE("a rest stays within its bound") {
  simulation slow{.rate = 10e6};
  for (int round = 0; round < 5000; ++round) {
    slow.read();
    REQUIRE(slow.pause <= pacing::longest_cycle);
  }
}
