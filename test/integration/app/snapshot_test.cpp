#include "bed.hpp"

#include <base/size.hpp>
#include <support/eventually.hpp>
#include <support/mixed_load.hpp>
#include <support/temporary_directory.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <set>

using namespace weir;
using namespace std::chrono_literals;

namespace {

constexpr auto long_bound = 120s;

bool is_long() { return std::getenv("WEIR_TEST_LONG") != nullptr; }

support::weir_process::variables with_snapshot(const app_test::bed& bed, const char* how,
                                               support::weir_process::variables more = {}) {
  more["WEIR_SNAPSHOT"] = how;
  more.try_emplace("WEIR_RETRY_MAX", "1s");
  return bed.environment(std::move(more));
}

/// Rows of `op` in a topic.
std::int64_t count_of(app_test::bed& bed, const std::string& table, char op) {
  std::int64_t found = 0;
  for (const auto& each : bed.kafka.read({bed.prefix + ".public." + table})) {
    if (each.value && support::observe(each).op == op) ++found;
  }
  return found;
}

void wait_for_end_of_snapshot(support::weir_process& weir) {
  weir.wait_for(
      "the end of the snapshot",
      [&] { return weir.get("/status").body.find("\"snapshot\":{\"is_active\":false") != std::string::npos; },
      long_bound);
}

/// What is committed now has arrived and is confirmed.
void drain(app_test::bed& bed, support::weir_process& weir) {
  const auto end = bed.postgres.value("select pg_current_wal_flush_lsn()");
  weir.wait_for(
      "the slot to follow",
      [&] {
        return bed.postgres.value("select coalesce(bool_or(confirmed_flush_lsn >= '" + end +
                                  "'), false) from pg_replication_slots where slot_name = 'weir'") == "t";
      },
      long_bound);
}

void check_delivery(app_test::bed& bed, const std::vector<std::string>& tables) {
  auto session = bed.postgres.connect();
  const auto found = support::judge_delivery(bed.kafka, bed.prefix, session, tables);
  INFO(found.describe());
  CHECK(found.is_clean());
}

/// Rows with a note of so many characters and a large value now and then.
void fill_account(app_test::bed& bed, std::int64_t rows, int width) {
  bed.postgres.exec(fmt::format(
      "insert into account select n, 'old ' || n || repeat('.', {}), n, true, case when n % 1000 = 0 "
      "then repeat(md5(n::text), 300) end from generate_series(10001, 10000 + {}) n; analyze",
      width, rows));
}

}  // namespace

TEST_CASE("an initial snapshot under load: what was there and the stream after it leave no gap between them") {
  app_test::bed bed;
  support::mixed_load load{bed.postgres.conninfo()};
  fill_account(bed, 30'000, 0);
  load.start(300);
  load.finish();
  load.start(100'000);
  support::weir_process weir{with_snapshot(bed, "initial")};
  weir.wait_until_ready();
  wait_for_end_of_snapshot(weir);
  CHECK(load.is_running());
  const auto more = bed.postgres.value("select pg_current_wal_flush_lsn()");
  weir.wait_for("changes after the snapshot", [&] {
    return weir.metric("weir_changes_total{listener=\"all\",operation=\"c\",outcome=\"taken\"}") > 50;
  });
  bed.postgres.exec(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like 'call mixed_load%'");
  CHECK_THROWS(load.finish());
  drain(bed, weir);
  CHECK(weir.metric("weir_snapshots_total") == 1);
  CHECK(weir.metric("weir_snapshot_rows_total") >= 30'000);
  CHECK(weir.stop().code == 0);
  check_delivery(bed, support::mixed_load::tables());
  CHECK(count_of(bed, "account", 'r') >= 30'000);
}

TEST_CASE("SIGKILL in the middle of a snapshot, again and again: it goes on, and nothing is missing") {
  const int kills = is_long() ? 20 : 5;
  // A life has to be longer than a range takes, or it leaves nothing behind.
  const std::int64_t rows = is_long() ? 5'000'000 : 120'000;
  const std::int64_t rows_of_a_life = is_long() ? 300'000 : 36'000;
  app_test::bed bed;
  support::mixed_load load{bed.postgres.conninfo()};
  fill_account(bed, rows, is_long() ? 0 : 450);
  const auto environment = with_snapshot(bed, "initial");
  const auto delivered = [&] { return bed.kafka.count(bed.prefix + ".public.account"); };
  for (int n = 0; n < kills; ++n) {
    const auto before = delivered();
    support::weir_process weir{environment};
    if (!load.is_running()) {
      if (n > 0) load.finish();
      load.start(300);
    }
    // Every third one dies before it has read anything.
    const std::int64_t wanted = n % 3 == 2 ? 0 : before + rows_of_a_life;
    weir.wait_for(
        "more of the snapshot",
        [&] { return delivered() >= wanted || weir.metric("weir_snapshots_total").value_or(0) > 0; },
        long_bound);
    weir.kill();
  }
  load.finish();
  support::weir_process last{environment};
  last.wait_until_ready();
  wait_for_end_of_snapshot(last);
  drain(bed, last);
  CHECK(last.log().find("goes on") != std::string::npos);
  CHECK(last.metric("weir_snapshot_rows_total") < static_cast<double>(rows));
  CHECK(last.stop().code == 0);
  check_delivery(bed, support::mixed_load::tables());

  support::weir_process after{environment};
  after.wait_until_ready();
  CHECK(after.metric("weir_snapshot_rows_total") == 0);
  CHECK(after.stop().code == 0);
}

TEST_CASE("a stop in the middle of a snapshot is quick and clean, and the next start goes on") {
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key, name text)");
  bed.postgres.exec("insert into t select n, 'row ' || n from generate_series(1, 200000) n; analyze");
  const auto environment = with_snapshot(bed, "initial");
  {
    support::weir_process weir{environment};
    weir.wait_for("some rows", [&] { return bed.delivered() > 5000; }, long_bound);
    const auto end = weir.stop();
    CHECK(end.code == 0);
    CHECK(end.took < 8s);
    CHECK(bed.delivered() < 200'000);
  }
  support::weir_process state{environment, {"state"}};
  CHECK(state.wait().code == 0);
  CHECK(state.output().find("snapshot  reading since") != std::string::npos);
  support::weir_process weir{environment};
  weir.wait_until_ready();
  wait_for_end_of_snapshot(weir);
  CHECK(weir.stop().code == 0);
  check_delivery(bed, {"public.t"});
}

TEST_CASE("WEIR_SNAPSHOT=only ends by itself with the position stored; initial goes on from there") {
  app_test::bed bed;
  bed.postgres.exec(
      "create table t(id int primary key, name text); insert into t values (1, 'one'), (2, 'two')");
  support::weir_process only{with_snapshot(bed, "only")};
  CHECK(only.wait(60s).code == 0);
  CHECK(count_of(bed, "t", 'r') == 2);
  bed.postgres.exec("insert into t values (3, 'three')");
  {
    support::weir_process again{with_snapshot(bed, "only")};
    CHECK(again.wait(60s).code == 0);
    CHECK(count_of(bed, "t", 'r') == 2);
  }
  support::weir_process weir{with_snapshot(bed, "initial")};
  weir.wait_until_ready();
  drain(bed, weir);
  CHECK(weir.metric("weir_snapshot_rows_total") == 0);
  CHECK(weir.stop().code == 0);
  CHECK(count_of(bed, "t", 'r') == 2);
  CHECK(count_of(bed, "t", 'c') == 1);
  check_delivery(bed, {"public.t"});
}

TEST_CASE(
    "a deployment that streams already takes no snapshot by itself; never takes none, always one at a start") {
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key, name text); insert into t values (1, 'one')");
  for (const char* how : {"never", "initial", "always", "always"}) {
    CAPTURE(how);
    support::weir_process weir{with_snapshot(bed, how)};
    weir.wait_until_ready();
    const bool takes = std::string_view{how} == "always";
    if (takes)
      weir.wait_for("a snapshot", [&] { return weir.metric("weir_snapshots_total") == 1; }, long_bound);
    bed.postgres.exec("insert into t select max(id) + 1, 'more' from t");
    drain(bed, weir);
    CHECK(weir.metric("weir_snapshots_total") == (takes ? 1 : 0));
    CHECK(weir.stop().code == 0);
  }
  CHECK(count_of(bed, "t", 'r') == 3 + 4);
}

TEST_CASE("without a state there is a snapshot only when this start made the slot") {
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key, name text); insert into t values (1, 'one')");
  const support::weir_process::variables none{{"WEIR_SINK", "stdout"}, {"WEIR_STATE", "none"}};
  {
    auto environment = with_snapshot(bed, "initial", none);
    environment.erase("WEIR_BROKERS");
    support::weir_process weir{environment};
    weir.wait_for("the row", [&] { return weir.output().find("\"op\":\"r\"") != std::string::npos; });
    CHECK(weir.stop().code == 0);
    support::weir_process again{environment};
    again.wait_until_ready();
    bed.postgres.exec("insert into t values (2, 'two')");
    again.wait_for("the change", [&] { return again.output().find("\"op\":\"c\"") != std::string::npos; });
    CHECK(again.output().find("\"op\":\"r\"") == std::string::npos);
    CHECK(again.stop().code == 0);
  }
}

TEST_CASE("progress in a file goes on as it does in the topic") {
  app_test::bed bed;
  const support::temporary_directory directory{"weir-snapshot"};
  bed.postgres.exec("create table t(id int primary key, name text)");
  bed.postgres.exec("insert into t select n, 'row ' || n from generate_series(1, 100000) n; analyze");
  const auto environment =
      with_snapshot(bed, "initial", {{"WEIR_STATE", "file:" + (directory / "state.json").string()}});
  {
    support::weir_process weir{environment};
    weir.wait_for("some rows", [&] { return bed.delivered() > 1000; }, long_bound);
    weir.kill();
  }
  support::weir_process weir{environment};
  weir.wait_until_ready();
  wait_for_end_of_snapshot(weir);
  CHECK(weir.stop().code == 0);
  check_delivery(bed, {"public.t"});
}

TEST_CASE("a table that comes later is read by weir snapshot, beside the stream") {
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key, name text); insert into t values (1, 'one')");
  const auto environment = with_snapshot(bed, "never", {{"WEIR_HTTP_TOKEN", "secret-of-the-test"}});
  support::weir_process weir{environment};
  weir.wait_until_ready();
  bed.postgres.exec(
      "create table later(id int primary key, name text); insert into later select n, 'row' from "
      "generate_series(1, 1000) n; begin; create table \"Odd & name\"(id int primary key); insert into \"Odd & "
      "name\" "
      "values (7); commit");
  auto at_that = environment;
  at_that["WEIR_HTTP"] = fmt::format("127.0.0.1:{}", weir.port());

  support::weir_process unknown{at_that, {"snapshot", "public.nowhere"}};
  CHECK(unknown.wait().code == 1);
  CHECK(unknown.log().find("has no table public.nowhere") != std::string::npos);
  auto stranger = at_that;
  stranger["WEIR_HTTP_TOKEN"] = "another-token-altogether";
  support::weir_process forbidden{stranger, {"snapshot", "public.later"}};
  CHECK(forbidden.wait().code == 1);

  bed.postgres.exec("update later set name = 'changed' where id <= 10");
  support::weir_process command{at_that, {"snapshot", "public.later", "public.Odd & name", "--wait"}};
  INFO(command.log());
  CHECK(command.wait(60s).code == 0);
  CHECK(command.output().find("done") != std::string::npos);
  CHECK(count_of(bed, "later", 'r') == 1000);
  CHECK(count_of(bed, "t", 'r') == 0);
  bed.postgres.exec("delete from later where id > 990; insert into t values (2, 'two')");
  drain(bed, weir);
  CHECK(weir.stop().code == 0);
  support::weir_process nobody{at_that, {"snapshot", "public.later"}};
  CHECK(nobody.wait().code == 1);
  CHECK(nobody.log().find("nobody answers") != std::string::npos);
}

TEST_CASE("a role that may not read a table is told so, and the grant lets the snapshot go on") {
  app_test::bed bed;
  bed.postgres.exec("create table t(id int primary key); insert into t values (1)");
  bed.postgres.exec(
      "create role reader replication login; create publication weir for table t; create table other(id int)");
  support::weir_process weir{with_snapshot(bed, "initial", {{"PGUSER", "reader"}})};
  weir.wait_for_log("may not read", 60s);
  weir.wait_for("/ready to say it", [&] {
    const auto ready = weir.get("/ready");
    return ready.status == 503 && ready.body.find("GRANT SELECT") != std::string::npos;
  });
  bed.postgres.exec("insert into t values (2)");
  weir.wait_for("the stream, which goes on", [&] { return bed.delivered() == 1; });
  bed.postgres.exec("grant select on t to reader");
  weir.wait_for("both rows", [&] { return bed.delivered() == 3; }, long_bound);
  wait_for_end_of_snapshot(weir);
  CHECK(weir.stop().code == 0);
}

TEST_CASE("a table that is dropped while a snapshot rests is not waited for") {
  app_test::bed bed;
  bed.postgres.exec("create table gone(id int primary key, name text); create table t(id int primary key)");
  bed.postgres.exec(
      "insert into gone select n, 'row ' || n from generate_series(1, 200000) n; insert into t values (1); "
      "analyze");
  const auto environment = with_snapshot(bed, "initial");
  {
    support::weir_process weir{environment};
    weir.wait_for("some rows", [&] { return bed.delivered() > 1000; }, long_bound);
    weir.kill();
  }
  bed.postgres.exec("drop table gone");
  support::weir_process weir{environment};
  weir.wait_until_ready();
  wait_for_end_of_snapshot(weir);
  drain(bed, weir);
  CHECK(weir.stop().code == 0);
  check_delivery(bed, {"public.t"});
}

TEST_CASE("rows of tens of megabytes are read within a bounded memory") {
  app_test::bed bed;
  bed.postgres.exec("create table large(id int primary key, body text)");
  bed.postgres.exec(
      "insert into large select n, repeat(md5(n::text), 640000) from generate_series(1, 6) n; analyze");  // 20
                                                                                                          // MB
  auto environment = with_snapshot(bed, "initial", {{"WEIR_SINK", "stdout"}, {"WEIR_STATE", "none"}});
  environment.erase("WEIR_BROKERS");
  support::weir_process weir{environment, {}, "/dev/null"};
  weir.wait_for("the snapshot", [&] { return weir.metric("weir_snapshots_total") == 1; }, long_bound);
  CHECK(weir.metric("weir_snapshot_rows_total") == 6);
  const auto peak = support::figures_of(weir.pid()).peak_resident_bytes;
  INFO("peak " << peak / mebibyte << " MiB");
  CHECK(peak < 512 * mebibyte);
  CHECK(weir.stop().code == 0);
}
