#include <pgoutput/feedback.hpp>

#include <catch2/catch_test_macros.hpp>
#include <string_view>

using namespace std::chrono_literals;
using namespace weir;
using pgoutput::feedback;
using pgoutput::status;

namespace {

constexpr steady_time start{1000s};
constexpr auto interval = 10s;

/// A stream that is verified and has told the server once where it stands.
feedback settled_at(lsn stored) {
  feedback rules{interval, start};
  rules.verified();
  rules.stored(stored);
  REQUIRE(rules.due(start));
  return rules;
}

std::string_view text(const std::array<char, pgoutput::size_of_status>& bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace

TEST_CASE("a status is 34 bytes: received, stored twice, the time since 2000, the wish for a reply") {
  using namespace std::string_view_literals;
  const auto now = wall_time{std::chrono::microseconds{946'684'800'000'000 + 0x0102030405}};
  const auto bytes =
      pgoutput::encode({.write = lsn{0x16B374D848}, .flush = lsn{0x0A0B}, .reply_requested = true}, now);
  CHECK(text(bytes) ==
        "r"
        "\0\0\0\x16\xB3\x74\xD8\x48"
        "\0\0\0\0\0\0\x0A\x0B"
        "\0\0\0\0\0\0\x0A\x0B"
        "\0\0\0\x01\x02\x03\x04\x05"
        "\x01"sv);
  CHECK(pgoutput::encode({}, now).back() == '\0');
}

TEST_CASE(
    "B8 R5: the interval is a third of wal_sender_timeout, within 100 ms and 10 s; switched off it is 10 s") {
  CHECK(pgoutput::interval_of_status(60s) == 10s);
  CHECK(pgoutput::interval_of_status(30s) == 10s);
  CHECK(pgoutput::interval_of_status(5s) == 1666ms);
  CHECK(pgoutput::interval_of_status(1ms) == 100ms);
  CHECK(pgoutput::interval_of_status(0ms) == 10s);
  CHECK(pgoutput::interval_of_status(-1ms) == 10s);
}

TEST_CASE("R1 R3 R4: received moves write, only what was stored moves flush") {
  auto rules = settled_at(lsn{100});
  rules.on_data(lsn{500}, start);
  rules.on_keep_alive(lsn{600}, true);
  CHECK(rules.due(start) == status{.write = lsn{600}, .flush = lsn{100}});
  rules.stored(lsn{400});
  CHECK(rules.due(start) == status{.write = lsn{600}, .flush = lsn{400}});
}

TEST_CASE(
    "R3 B7: nothing moves back, neither by late data, nor by an old keep-alive, nor by an older stored LSN") {
  auto rules = settled_at(lsn{400});
  rules.on_data(lsn{600}, start);
  rules.on_data(lsn{0}, start);  // RELATION comes without an LSN
  rules.on_data(lsn{500}, start);
  rules.stored(lsn{300});
  CHECK_FALSE(rules.due(start));
  rules.on_keep_alive(lsn{200}, true);
  CHECK(rules.due(start) == status{.write = lsn{600}, .flush = lsn{400}});
}

TEST_CASE("R4: write is never below flush, even before anything was received") {
  auto rules = settled_at(lsn{400});
  CHECK(rules.current() == status{.write = lsn{400}, .flush = lsn{400}});
}

TEST_CASE("B2 B3: flush stays zero until the slot was verified, whatever is stored or asked") {
  feedback rules{interval, start};
  rules.stored(lsn{400});
  CHECK_FALSE(rules.due(start));
  rules.on_keep_alive(lsn{500}, true);
  CHECK(rules.due(start) == status{.write = lsn{500}});
  CHECK(rules.due(start + interval)->flush == lsn{});
  CHECK(rules.current().flush == lsn{});
  rules.verified();
  CHECK(rules.due(start + interval) == status{.write = lsn{500}, .flush = lsn{400}});
}

TEST_CASE("R5 B13: a keep-alive that asks is answered at once, and once") {
  auto rules = settled_at(lsn{400});
  rules.on_keep_alive(lsn{400}, false);
  CHECK_FALSE(rules.due(start + 1ms));
  rules.on_keep_alive(lsn{400}, true);
  CHECK(rules.next_due() <= start + 1ms);
  rules.on_keep_alive(lsn{400}, false);  // does not take the wish back
  CHECK(rules.due(start + 1ms));
  CHECK_FALSE(rules.due(start + 1ms));
}

TEST_CASE("B13: a stored position that moved is told at once, and once") {
  auto rules = settled_at(lsn{400});
  rules.stored(lsn{401});
  CHECK(rules.next_due() <= start);
  CHECK(rules.due(start) == status{.write = lsn{401}, .flush = lsn{401}});
  CHECK_FALSE(rules.due(start));
}

TEST_CASE(
    "R5 B8: the last safe status is repeated by timer while the stream is busy and the sink stands still") {
  auto rules = settled_at(lsn{400});
  int sent = 0;
  for (auto now = start; now <= start + 60s; now += 100ms) {
    rules.on_data(lsn{500}, now);
    if (const auto next = rules.due(now)) {
      CHECK(next == status{.write = lsn{500}, .flush = lsn{400}});
      ++sent;
    }
  }
  CHECK(sent == 6);
}

TEST_CASE("R6 B13: while idle the server is asked every second where it stands") {
  auto rules = settled_at(lsn{400});
  for (int second = 1; second <= 5; ++second) {
    const auto now = start + std::chrono::seconds{second};
    CHECK(rules.next_due() == now);
    CHECK_FALSE(rules.due(now - 1ms));
    CHECK(rules.due(now) == status{.write = lsn{400}, .flush = lsn{400}, .reply_requested = true});
    rules.on_keep_alive(lsn{400}, false);
  }
}

TEST_CASE("R6: data puts the question off; an unanswered question is repeated by the timer only") {
  auto rules = settled_at(lsn{400});
  rules.on_data(lsn{500}, start + 900ms);
  CHECK(rules.next_due() == start + 1900ms);
  CHECK(rules.due(start + 1900ms)->reply_requested);
  CHECK_FALSE(rules.due(start + 5s));
  CHECK(rules.next_due() == start + 1900ms + interval);
  CHECK(rules.due(start + 1900ms + interval)->reply_requested);
}

TEST_CASE("R9 B2: the last status of a session holds the last stored LSN and asks for nothing") {
  auto rules = settled_at(lsn{400});
  rules.on_data(lsn{900}, start);
  rules.stored(lsn{700});
  CHECK(rules.current() == status{.write = lsn{900}, .flush = lsn{700}});
}

TEST_CASE("next_due is never later than the moment at which due speaks") {
  auto rules = settled_at(lsn{1});
  std::uint64_t at = 1;
  for (int n = 0; n < 10'000; ++n) {
    const auto now = start + std::chrono::milliseconds{n * 37};
    if (n % 7 == 0) rules.on_data(lsn{++at}, now);
    if (n % 31 == 0) rules.on_keep_alive(lsn{++at}, n % 2 == 0);
    if (n % 101 == 0) rules.stored(lsn{at});
    const auto promised = rules.next_due();
    CHECK(rules.due(now).has_value() == (promised <= now));
  }
}
