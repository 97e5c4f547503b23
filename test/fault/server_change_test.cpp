#include "bed.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <filesystem>

using namespace weir;
using namespace std::chrono_literals;

namespace {

constexpr int refused = 4;

void check_that_it_refuses(support::weir_process& weir, const std::string& why) {
  const auto end = weir.wait(60s);
  INFO(weir.log());
  CHECK(end.code == refused);
  CHECK(weir.log().find("weir ends with code 4") != std::string::npos);
  CHECK(weir.log().find(why) != std::string::npos);
}

/// A table that load goes into while somebody changes it.
struct changing_table {
  explicit changing_table(fault::bed& of) : bed(of), session(of.postgres.connect()) {
    bed.postgres.exec(
        "create table shape(id int primary key generated always as identity, text text, amount int)");
    bed.postgres.exec(
        "create unlogged table going(n int); create procedure fill() language plpgsql as $$ begin "
        "while exists (select from going) loop insert into shape(text) values ('row'); "
        "update shape set text = text || '.' where id = lastval() / 2; "
        "delete from shape where id = lastval() / 3; commit; end loop; end $$");
  }
  /// While transactions go on: each of these is one statement of its own.
  void change(std::initializer_list<const char*> statements) {
    bed.postgres.exec("insert into going values (1)");
    session.begin("call fill()");
    for (const auto* each : statements) {
      support::give_time(50ms);
      bed.postgres.exec(each);
    }
    bed.postgres.exec("delete from going");
    session.finish();
    // Whatever was written under another shape is written under the last one, too.
    bed.postgres.exec("update shape set id = default");
  }

  fault::bed& bed;
  support::postgres_session session;
};

}  // namespace

TEST_CASE(
    "columns that are added, dropped, renamed and retyped under load: every row arrives as it is at the end") {
  fault::bed bed;
  changing_table table{bed};
  support::weir_process weir{bed.environment()};
  weir.wait_until_ready();
  bed.postgres.exec("insert into shape(text) values ('first')");
  const auto before = bed.at_quiesce(weir);
  table.change({"alter table shape add added int not null default 7",
                "alter table shape rename added to renamed", "alter table shape alter renamed type bigint",
                "alter table shape drop amount",
                "alter table shape alter renamed type text using 'was ' || renamed",
                "alter table shape add amount numeric default 1.50", "alter table shape replica identity full",
                "alter table shape replica identity default"});
  bed.check_nothing_leaked(weir, before);
  CHECK(weir.stop().code == 0);
  bed.check_delivery({"public.shape"});
}

TEST_CASE("a table that is dropped and made anew under the same name goes on in the same topic") {
  fault::bed bed;
  bed.postgres.exec("create table t(id int primary key, text text)");
  support::weir_process weir{bed.environment()};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t select n, 'first' from generate_series(1, 500) n");
  const auto before = bed.at_quiesce(weir);
  bed.postgres.exec("delete from t");
  for (int n = 0; n < 3; ++n) {
    // Columns at other places, of other types.
    bed.postgres.exec("drop table t; create table t(number bigint, text text, id int primary key)");
    bed.postgres.exec("insert into t select n, 'again', n from generate_series(1, 500) n");
    bed.postgres.exec("delete from t where id > 250; update t set text = 'changed' where id < 10");
    if (n < 2) bed.postgres.exec("delete from t");
  }
  bed.check_nothing_leaked(weir, before);
  CHECK(weir.stop().code == 0);
  bed.check_delivery({"public.t"});
}

TEST_CASE("a publication that is dropped under a stream ends it with code 4") {
  fault::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  support::weir_process weir{bed.environment()};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t values (1)");
  bed.drain(weir);
  bed.postgres.exec("drop publication weir");
  bed.postgres.exec("insert into t values (2)");
  check_that_it_refuses(weir, "publication");
}

TEST_CASE(
    "a slot that max_slot_wal_keep_size invalidates while weir is frozen: code 4, and the sentence says so") {
  fault::bed bed{support::postgres_options{
      .settings = {"max_slot_wal_keep_size = 1MB", "max_wal_size = 32MB", "min_wal_size = 32MB"}}};
  bed.postgres.exec("create table t(id int primary key)");
  support::weir_process weir{bed.environment()};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t values (1)");
  bed.drain(weir);
  weir.signal(SIGSTOP);
  weir.wait_for("the slot to be lost", [&] {
    bed.postgres.exec(
        "select pg_logical_emit_message(false, 'noise', repeat('x', 4000000)) from generate_series(1, 5); "
        "select "
        "pg_switch_wal(); checkpoint");
    return bed.postgres.value("select wal_status from pg_replication_slots") == "lost";
  });
  weir.signal(SIGCONT);
  check_that_it_refuses(weir, "lost");
  // And so does every start after it.
  support::weir_process again{bed.environment()};
  check_that_it_refuses(again, "lost");
}

TEST_CASE("a standby that was promoted without the slot: code 4 instead of another slot") {
  fault::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  support::weir_process weir{bed.environment({{"WEIR_RETRY_MIN", "1s"}})};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t select generate_series(1, 100)");
  bed.drain(weir);
  // What a standby made by pg_basebackup has: all of the data, and no slot.
  bed.postgres.stop();
  std::filesystem::remove_all(bed.postgres.data() / "pg_replslot" / "weir");
  support::write_text(bed.postgres.data() / "standby.signal", "");
  bed.postgres.start();
  bed.postgres.exec("select pg_promote()");
  check_that_it_refuses(weir, "slot");
  CHECK(bed.postgres.value("select count(*) from pg_replication_slots") == "0");
  bed.check_delivery({"public.t"});
}
