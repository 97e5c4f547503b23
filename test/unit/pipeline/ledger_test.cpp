#include <pipeline/ledger.hpp>

#include <catch2/catch_test_macros.hpp>

#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using weir::lsn;
using weir::steady_time;
using weir::event::outcome;
using weir::event::share;
using weir::event::ticket;
using weir::pipeline::ledger;

namespace {

constexpr lsn start{0x1000};

struct started {
  ledger book;
  steady_time now{1h};

  started() { book.restart(start); }

  /// A transaction with one record out, committed at `end`.
  share transaction_with_a_record(std::uint64_t end) {
    share part{book, book.open(now)};
    book.commit(lsn{end});
    return part;
  }
  void empty_transaction(std::uint64_t end) {
    (void)book.open(now);
    book.commit(lsn{end});
  }
};

}  // namespace

TEST_CASE_METHOD(started,
                 "R1 the confirmed LSN is the end of the newest transaction before which all is settled") {
  auto first = transaction_with_a_record(0x2000);
  auto second = transaction_with_a_record(0x3000);
  auto third = transaction_with_a_record(0x4000);
  second.settle(outcome::delivered);
  CHECK(book.confirmed() == start);
  first.settle(outcome::dead_lettered);
  CHECK(book.confirmed() == lsn{0x3000});
  third.settle(outcome::filtered);
  CHECK(book.confirmed() == lsn{0x4000});
  CHECK(book.is_settled());
}

TEST_CASE_METHOD(started, "R1 an open transaction holds its own end back, whatever of it is settled") {
  const auto open = book.open(now);
  share{book, open}.settle(outcome::delivered);
  CHECK(book.confirmed() == start);
  CHECK_FALSE(book.is_settled());
  CHECK(book.has_nothing_out());
  CHECK(book.has_open_transaction());
  book.commit(lsn{0x2000});
  CHECK(book.confirmed() == lsn{0x2000});
  CHECK_FALSE(book.has_open_transaction());
}

TEST_CASE_METHOD(started, "R2 a keep-alive moves an idle ledger and waits behind what is unsettled") {
  book.advance(lsn{0x1800});
  CHECK(book.confirmed() == lsn{0x1800});
  auto out = transaction_with_a_record(0x2000);
  book.advance(lsn{0x2800});
  book.advance(lsn{0x2900});
  CHECK(book.confirmed() == lsn{0x1800});
  CHECK(book.entries() == 2);
  out.settle(outcome::delivered);
  CHECK(book.confirmed() == lsn{0x2900});
}

TEST_CASE_METHOD(started, "R3 the confirmed LSN never goes back and never past what the server said") {
  book.advance(lsn{0x5000});
  empty_transaction(0x3000);
  CHECK(book.confirmed() == lsn{0x5000});
  book.advance(lsn{0});
  book.advance(lsn{0x4FFF});
  CHECK(book.confirmed() == lsn{0x5000});
  empty_transaction(0x5001);
  CHECK(book.confirmed() == lsn{0x5001});
}

TEST_CASE_METHOD(started, "B7 a keep-alive below the highest LSN changes nothing") {
  auto out = transaction_with_a_record(0x3000);
  book.advance(lsn{0x2000});
  book.advance(lsn{0x3000});
  CHECK(book.entries() == 1);
  CHECK(book.confirmed() == start);
  out.settle(outcome::delivered);
  CHECK(book.confirmed() == lsn{0x3000});
}

TEST_CASE_METHOD(started, "B7 keep-alives inside one open transaction stand before it, as one") {
  auto before = transaction_with_a_record(0x2000);
  share inside{book, book.open(now)};
  for (std::uint64_t at = 0x2100; at < 0x2200; ++at) book.advance(lsn{at});
  CHECK(book.entries() == 3);
  before.settle(outcome::delivered);
  CHECK(book.confirmed() == lsn{0x21FF});
  book.commit(lsn{0x3000});
  CHECK(book.confirmed() == lsn{0x21FF});
  inside.settle(outcome::delivered);
  CHECK(book.confirmed() == lsn{0x3000});
}

TEST_CASE_METHOD(started, "B5 a message outside of a transaction is an entry of its own") {
  const auto message = book.open_message(now);
  ticket admitted{book, message};
  auto part = admitted.make_share();
  admitted.close(outcome::delivered);
  book.close_message(message, lsn{0x2000});
  book.advance(lsn{0x2100});
  CHECK(book.confirmed() == start);
  part.settle(outcome::delivered);
  CHECK(book.confirmed() == lsn{0x2100});
  CHECK_THROWS_AS(book.close_message(message, lsn{0x2200}), std::logic_error);
}

TEST_CASE_METHOD(started, "a stuck transaction followed by 100 000 settled ones keeps the ledger short") {
  auto stuck = transaction_with_a_record(0x2000);
  for (std::uint64_t n = 1; n <= 100'000; ++n) {
    auto part = transaction_with_a_record(0x2000 + n * 0x10);
    part.settle(outcome::delivered);
    book.advance(lsn{0x2000 + n * 0x10 + 1});
    REQUIRE(book.entries() <= 3);
  }
  CHECK(book.confirmed() == start);
  stuck.settle(outcome::delivered);
  CHECK(book.confirmed() == lsn{0x2000 + 100'000 * 0x10 + 1});
  CHECK(book.entries() == 0);
}

TEST_CASE_METHOD(started, "settled from the newest to the oldest, neighbours merge") {
  std::vector<share> parts;
  for (std::uint64_t n = 1; n <= 1000; ++n) parts.push_back(transaction_with_a_record(0x2000 + n));
  for (std::size_t n = parts.size(); n-- > 1;) {
    parts[n].settle(outcome::delivered);
    REQUIRE(book.entries() == n + 1);
  }
  parts[0].settle(outcome::delivered);
  CHECK(book.entries() == 0);
  CHECK(book.confirmed() == lsn{0x2000 + 1000});
}

TEST_CASE_METHOD(started, "what was abandoned never settles, and nothing behind it is confirmed") {
  {
    const auto forgotten = transaction_with_a_record(0x2000);
  }
  empty_transaction(0x3000);
  book.advance(lsn{0x4000});
  CHECK(book.confirmed() == start);
  CHECK(book.abandoned() == 1);
  CHECK(book.has_nothing_out());
  CHECK_FALSE(book.is_settled());
  book.restart(start);
  CHECK(book.abandoned() == 0);
  CHECK(book.is_settled());
}

TEST_CASE_METHOD(started, "the outcomes of an earlier run settle nothing") {
  auto old = transaction_with_a_record(0x2000);
  auto forgotten = std::optional{transaction_with_a_record(0x2100)};
  book.restart(start);
  auto again = transaction_with_a_record(0x2000);
  old.settle(outcome::delivered);
  forgotten.reset();
  CHECK(book.stale() == 2);
  CHECK(book.abandoned() == 0);
  CHECK(book.held() == 1);
  CHECK(book.confirmed() == start);
  again.settle(outcome::delivered);
  CHECK(book.confirmed() == lsn{0x2000});
}

TEST_CASE_METHOD(started, "a share of an earlier run cannot be shared again") {
  const auto old = transaction_with_a_record(0x2000);
  book.restart(start);
  CHECK_THROWS_AS(old.another(), std::logic_error);
}

TEST_CASE_METHOD(started, "who settles twice settles nothing, even where the entry is still in the ledger") {
  auto stuck = transaction_with_a_record(0x2000);
  auto part = transaction_with_a_record(0x3000);
  const auto token = part.release();
  book.settle(token, outcome::delivered);
  book.settle(token, outcome::delivered);
  book.abandon(token);
  CHECK(book.stale() == 2);
  CHECK(book.held() == 1);
  CHECK(book.abandoned() == 0);
  CHECK_THROWS_AS((share{book, token}), std::logic_error);
  stuck.settle(outcome::delivered);
  CHECK(book.confirmed() == lsn{0x3000});
}

TEST_CASE_METHOD(started, "the oldest is the one that was opened first of what is unsettled") {
  CHECK(book.oldest() == steady_time::max());
  auto first = transaction_with_a_record(0x2000);
  now += 1min;
  auto second = transaction_with_a_record(0x3000);
  CHECK(book.oldest() == now - 1min);
  first.settle(outcome::delivered);
  CHECK(book.oldest() == now);
  second.settle(outcome::delivered);
  CHECK(book.oldest() == steady_time::max());
}

TEST_CASE_METHOD(started, "a source that speaks out of turn is refused") {
  CHECK_THROWS_AS(book.commit(lsn{0x2000}), std::logic_error);
  (void)book.open(now);
  CHECK_THROWS_AS(book.open(now), std::logic_error);
}
