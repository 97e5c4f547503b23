#include <postgres/heartbeat_book.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace weir::postgres;
using namespace std::chrono_literals;

namespace {

constexpr steady_time start{1h};
using look = heartbeat_book::verdict_of_look;

heartbeat_book begun() {
  heartbeat_book book{"weir-1", 10s, 30s};
  book.begin_run(start);
  return book;
}

}  // namespace

TEST_CASE("a heartbeat is due when nothing was committed for an interval") {
  auto book = begun();
  CHECK_FALSE(book.is_due(start + 9s));
  CHECK(book.is_due(start + 10s));
  book.on_commit(start + 8s);
  CHECK_FALSE(book.is_due(start + 17s));
  CHECK(book.next() == start + 18s);
}

TEST_CASE("a heartbeat that comes back tells its round trip, also before its writer heard of it") {
  auto book = begun();
  const auto content = book.write(start + 10s);
  CHECK(book.seen().out_since == start + 10s);
  CHECK(book.returned(content, start + 10s + 3ms));
  CHECK(book.seen().round_trip == 3ms);
  CHECK_FALSE(book.seen().out_since);
  book.wrote(lsn{1000});
  CHECK(book.look(start + 60s, lsn{5000}) == look::fine);
  CHECK(book.seen().returned == 1);
  CHECK(book.next() == start + 20s);
}

TEST_CASE("heartbeats of others, and older ones, are not the one that is out") {
  auto book = begun();
  const auto first = book.write(start + 10s);
  CHECK_FALSE(book.returned("weir-2 1", start + 11s));
  CHECK(book.returned(first, start + 11s));
  const auto second = book.write(start + 21s);
  CHECK(first != second);
  CHECK_FALSE(book.returned(first, start + 22s));
  CHECK(book.returned(second, start + 22s));
}

TEST_CASE("a heartbeat is late once, and none follows while it is out") {
  auto book = begun();
  const auto content = book.write(start + 10s);
  book.wrote(lsn{1000});
  CHECK(book.next() == start + 40s);
  CHECK(book.look(start + 39s, lsn{900}) == look::fine);
  CHECK(book.look(start + 40s, lsn{900}) == look::turned_late);
  CHECK(book.look(start + 41s, lsn{1000}) == look::fine);
  CHECK(book.next() == steady_time::max());
  CHECK(book.seen().is_late);
  CHECK(book.returned(content, start + 100s));
  CHECK_FALSE(book.seen().is_late);
  CHECK(book.seen().late == 1);
  CHECK(book.is_due(start + 100s));
}

TEST_CASE("a heartbeat is missed when the stream is past it, and until another one comes back") {
  auto book = begun();
  (void)book.write(start + 10s);
  CHECK(book.look(start + 11s, lsn{5000}) == look::fine);  // nobody knows yet where it ends
  book.wrote(lsn{1000});
  CHECK(book.look(start + 12s, lsn{1000}) == look::fine);
  CHECK(book.look(start + 12s, lsn{1001}) == look::turned_missed);
  CHECK(book.look(start + 13s, lsn{1002}) == look::fine);
  CHECK(book.seen().is_missed);
  CHECK(book.next() == start + 20s);
  const auto next = book.write(start + 20s);
  CHECK(book.seen().is_missed);
  CHECK(book.returned(next, start + 21s));
  CHECK_FALSE(book.seen().is_missed);
  CHECK(book.seen().missed == 1);
}

TEST_CASE("what could not be written is tried again after an interval, and says why") {
  auto book = begun();
  book.failed(start + 10s, "a standby");
  CHECK(book.seen().problem == "a standby");
  CHECK(book.next() == start + 20s);
  const auto content = book.write(start + 20s);
  book.failed(start + 21s, "no permission");
  CHECK_FALSE(book.returned(content, start + 22s));
  CHECK(book.seen().failed == 2);
  const auto later = book.write(start + 31s);
  CHECK(book.returned(later, start + 32s));
  CHECK(book.seen().problem.empty());
}

TEST_CASE("a heartbeat that was out when a run ended counts for nothing in the next one") {
  auto book = begun();
  const auto content = book.write(start + 10s);
  book.wrote(lsn{1000});
  book.begin_run(start + 20s);
  CHECK_FALSE(book.returned(content, start + 21s));
  CHECK(book.look(start + 90s, lsn{5000}) == look::fine);
  CHECK(book.next() == start + 30s);
}

TEST_CASE("after a missed heartbeat the next one does not wait for a long interval") {
  heartbeat_book book{"weir-1", 1h, 30s};
  book.begin_run(start);
  (void)book.write(start + 1h);
  book.wrote(lsn{1000});
  CHECK(book.look(start + 1h + 1s, lsn{2000}) == look::turned_missed);
  CHECK(book.next() == start + 1h + 30s);
}
