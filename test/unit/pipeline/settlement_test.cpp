#include <pipeline/ledger.hpp>

#include <catch2/catch_test_macros.hpp>

#include <utility>

using weir::lsn;
using weir::event::outcome;
using weir::event::share;
using weir::event::ticket;
using weir::pipeline::ledger;

namespace {

struct transaction {
  ledger book;
  weir::event::entry_token entry;

  transaction() {
    book.restart(lsn{1});
    entry = book.open({});
  }
  lsn confirmed_after_commit() {
    book.commit(lsn{9});
    return book.confirmed();
  }
};

}  // namespace

TEST_CASE_METHOD(transaction, "a share that is destroyed without an outcome is abandoned") {
  {
    const share forgotten{book, entry};
  }
  CHECK(book.abandoned() == 1);
  CHECK(confirmed_after_commit() == lsn{1});
}

TEST_CASE_METHOD(transaction, "a share that is overwritten without an outcome is abandoned") {
  share one{book, entry};
  one = share{book, entry};
  CHECK(book.abandoned() == 1);
  one.settle(outcome::delivered);
  CHECK(confirmed_after_commit() == lsn{1});
}

TEST_CASE_METHOD(transaction, "a share that moves stays one share") {
  share one{book, entry};
  share other{std::move(one)};
  one.settle(outcome::delivered);  // NOLINT(bugprone-use-after-move): that it does nothing is the point
  CHECK_FALSE(one.is_open());
  CHECK(book.held() == 1);
  one = std::move(other);
  one.settle(outcome::delivered);
  one.settle(outcome::delivered);
  CHECK(book.abandoned() == 0);
  CHECK(book.stale() == 0);
  CHECK(confirmed_after_commit() == lsn{9});
}

TEST_CASE_METHOD(transaction, "a share that is released counts until it is resumed and settled") {
  share one{book, entry};
  const auto token = one.release();
  CHECK_FALSE(one.is_open());
  CHECK(book.held() == 1);
  auto again = share::resume(book, token);
  CHECK(book.held() == 1);
  CHECK(again.is_open());
  again.settle(outcome::delivered);
  CHECK(confirmed_after_commit() == lsn{9});
}

TEST_CASE_METHOD(transaction, "a share that is resumed and destroyed is abandoned") {
  share one{book, entry};
  {
    const auto again = share::resume(book, one.release());
  }
  CHECK(book.abandoned() == 1);
  CHECK(confirmed_after_commit() == lsn{1});
}

TEST_CASE_METHOD(transaction, "a share of a record in parts settles with the last of them") {
  share one{book, entry};
  auto two = one.another();
  one.settle(outcome::dead_lettered);
  CHECK(confirmed_after_commit() == lsn{1});
  two.settle(outcome::dead_lettered);
  CHECK(book.confirmed() == lsn{9});
}

TEST_CASE_METHOD(transaction, "a ticket that is not closed is abandoned, though all its shares ended well") {
  {
    ticket admitted{book, entry};
    admitted.make_share().settle(outcome::delivered);
  }
  CHECK(book.abandoned() == 1);
  CHECK(confirmed_after_commit() == lsn{1});
}

TEST_CASE_METHOD(transaction, "a ticket closed without a share settles at once") {
  {
    ticket admitted{book, entry};
    admitted.close(outcome::filtered);
  }
  CHECK(book.held() == 0);
  CHECK(confirmed_after_commit() == lsn{9});
}

TEST_CASE_METHOD(transaction, "a ticket's shares outlive it") {
  share kept;
  {
    ticket admitted{book, entry};
    kept = admitted.make_share();
    admitted.close(outcome::delivered);
  }
  CHECK(book.held() == 1);
  CHECK(confirmed_after_commit() == lsn{1});
  kept.settle(outcome::delivered);
  CHECK(book.confirmed() == lsn{9});
}
