#include "bed.hpp"

#include <catch2/catch_test_macros.hpp>

#include <filesystem>

using namespace weir;
using namespace std::chrono_literals;

namespace {

constexpr int refused = 4;

/// A weir that delivered `rows` rows of t and was stopped.
void run_once(fault::bed& bed, int rows = 100) {
  bed.postgres.exec("create table if not exists t(id int generated always as identity primary key, text text)");
  support::weir_process weir{bed.environment()};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t(text) select 'row' from generate_series(1, " + std::to_string(rows) + ")");
  bed.drain(weir);
  CHECK(weir.stop().code == 0);
}

/// The next start ends with code 4 and says `why`; nothing was sent.
void check_that_it_refuses(fault::bed& bed, const std::string& why) {
  const auto before = bed.delivered();
  support::weir_process weir{bed.environment()};
  const auto end = weir.wait(60s);
  INFO(weir.log());
  CHECK(end.code == refused);
  CHECK(weir.log().find(why) != std::string::npos);
  CHECK(bed.delivered() == before);
}

void copy_data(const std::filesystem::path& from, const std::filesystem::path& to) {
  support::run_program({.arguments = {"rm", "-rf", to.string()}}, 60s);
  support::run_program({.arguments = {"cp", "-a", from.string(), to.string()}}, 60s);
}

/// Rows are delivered, and then the server is what it was before them.
void deliver_and_set_back(fault::bed& bed) {
  bed.postgres.stop();
  const auto kept = bed.postgres.data().string() + ".older";
  copy_data(bed.postgres.data(), kept);
  bed.postgres.start();
  run_once(bed, 500);
  bed.postgres.stop();
  copy_data(kept, bed.postgres.data());
  bed.postgres.start();
}

/// What a standby with all of the log becomes when it takes over: the same data on the next timeline.
void promote(fault::bed& bed) {
  bed.postgres.stop();
  support::write_text(bed.postgres.data() / "standby.signal", "");
  bed.postgres.start();
  bed.postgres.exec("select pg_promote()");
}

}  // namespace

TEST_CASE("B3 a slot that was dropped: weir ends with code 4 instead of making another") {
  fault::bed bed;
  run_once(bed);
  SECTION("while it was away") {
    bed.postgres.exec("select pg_drop_replication_slot('weir')");
    check_that_it_refuses(bed, "weir");
  }
  SECTION("under it") {
    support::weir_process weir{bed.environment()};
    weir.wait_until_ready();
    // The slot is in use until its walsender ends; whoever drops it is quicker than weir's next attempt.
    bed.postgres.exec(
        "do $$ begin perform pg_terminate_backend(active_pid, 5000) from pg_replication_slots; perform "
        "pg_drop_replication_slot('weir'); end $$");
    const auto end = weir.wait(60s);
    INFO(weir.log());
    CHECK(end.code == refused);
  }
  CHECK(bed.postgres.value("select count(*) from pg_replication_slots") == "0");
}

TEST_CASE("B3 a slot that someone else moved: code 4, and `weir state accept` is the way out") {
  fault::bed bed;
  run_once(bed);
  bed.postgres.exec("insert into t(text) select 'skipped' from generate_series(1, 10)");
  bed.postgres.exec("select pg_replication_slot_advance('weir', pg_current_wal_lsn())");
  check_that_it_refuses(bed, "state accept");

  const auto slot = bed.postgres.value("select confirmed_flush_lsn from pg_replication_slots");
  support::weir_process wrong{bed.environment(), {"state", "accept", "--slot-lsn", "0/1"}};
  CHECK(wrong.wait().code == 1);
  check_that_it_refuses(bed, "state accept");

  support::weir_process accept{bed.environment(), {"state", "accept", "--slot-lsn", slot}};
  CHECK(accept.wait().code == 0);
  CHECK(accept.output().find("MISSING") != std::string::npos);

  const auto before = bed.delivered();
  support::weir_process weir{bed.environment()};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t(text) values ('after')");
  bed.drain(weir);
  CHECK(bed.delivered() == before + 1);
  CHECK(weir.stop().code == 0);
}

TEST_CASE("B11 a publication that was dropped under an existing slot: code 4") {
  fault::bed bed;
  run_once(bed);
  bed.postgres.exec("drop publication weir");
  SECTION("nothing was written since") { check_that_it_refuses(bed, "publication"); }
  SECTION("made again, but after the slot, and something was written between") {
    bed.postgres.exec("insert into t(text) values ('unpublished')");
    bed.postgres.exec("create publication weir for table t");
    check_that_it_refuses(bed, "publication");
  }
}

TEST_CASE("B4 a promoted standby that has everything goes on, on its new timeline") {
  fault::bed bed;
  run_once(bed);
  promote(bed);
  support::weir_process weir{bed.environment()};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t(text) values ('on timeline 2')");
  bed.drain(weir);
  CHECK(weir.stop().code == 0);
  const auto records = bed.kafka().read({bed.prefix + ".public.t"});
  CHECK(support::observe(records.back()).at.timeline == 2);
  bed.check_delivery({"public.t"});
}

TEST_CASE("B4 a promoted standby that lacks what Kafka already has: code 4") {
  fault::bed bed;
  run_once(bed);
  deliver_and_set_back(bed);
  promote(bed);
  // More than the old timeline ever had: only the history tells.
  bed.postgres.exec("insert into t(text) select 'another history' from generate_series(1, 5000)");
  check_that_it_refuses(bed, "timeline");
}

TEST_CASE("B3 a server that was set back to an older state: code 4, because Kafka has what the server forgot") {
  fault::bed bed;
  run_once(bed);
  deliver_and_set_back(bed);
  check_that_it_refuses(bed, "set back");
}
