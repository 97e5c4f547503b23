#include "bed.hpp"

#include <support/bed.hpp>
#include <support/standby_server.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>

#include <algorithm>

using namespace weir;
using namespace std::chrono_literals;

namespace {

constexpr int first_with_failover_slots = 17;

/// The server's own worker rests for up to half a minute between two looks, so the slot is brought in step by
/// call. True when it would be there after a promotion.
bool brings_in_step(const support::standby_server& there, const std::string& slot) {
  auto session = there.connect();
  try {
    session.exec("select pg_sync_replication_slots()");
  } catch (const support::sql_error&) {
    return false;  // what the slot needs has not been replayed yet
  }
  return session
             .query(fmt::format(
                 "select 1 from pg_replication_slots where slot_name = '{}' and synced and not temporary",
                 slot))
             .size() == 1;
}

}  // namespace

TEST_CASE("a failover to a standby that kept the slot in step: weir finds it, and goes on there") {
  const auto versions = support::postgres_versions();
  if (std::find(versions.begin(), versions.end(), first_with_failover_slots) == versions.end())
    SKIP("there is no PostgreSQL 17");
  fault::bed bed{support::postgres_options{.version = first_with_failover_slots}};
  support::standby_server second{bed.postgres};
  support::mixed_load load{bed.postgres.conninfo()};
  // Confirmed positions wait for the standby, so it never lacks what Kafka has.
  bed.postgres.configure("synchronized_standby_slots = 'standby'");
  bed.postgres.reload();
  bed.postgres.exec("create publication weir for all tables");
  bed.postgres.exec("select pg_create_logical_replication_slot('weir', 'pgoutput', failover => true)");
  support::weir_process weir{
      bed.environment({{"PGHOST", "127.0.0.1,127.0.0.1"},
                       {"PGPORT", fmt::format("{},{}", bed.postgres.port(), second.port())}})};
  weir.wait_until_ready();
  load.start(500, 1ms);
  load.finish();
  bed.drain(weir);
  auto there = second.connect();
  weir.wait_for("the slot to be in step", [&] {
    // The standby's slot begins where the primary's has caught up with all that was written.
    bed.postgres.exec("select pg_log_standby_snapshot()");
    bed.drain(weir);
    second.catch_up(bed.postgres);
    return brings_in_step(second, "weir");
  });
  load.start(300, 1ms);
  load.finish();
  const auto end = bed.log_end();
  weir.wait_for("the standby to have all of it", [&] {
    return there.value(fmt::format("select pg_last_wal_replay_lsn() >= '{}'", end)) == "t";
  });

  bed.postgres.stop(support::postgres_stop::immediate);
  there.exec("select pg_promote()");
  there.exec("insert into journal select n + 1000000, 'after' from generate_series(1, 100) n");
  weir.wait_until_ready();
  weir.wait_for("the slot to pass what came after", [&] {
    return there.value(
               "select coalesce(bool_or(confirmed_flush_lsn >= pg_current_wal_flush_lsn()), false) from "
               "pg_replication_slots where slot_name = 'weir'") == "t";
  });
  CHECK(weir.stop().code == 0);
  const auto found = support::judge_delivery(bed.kafka(), bed.prefix, there, support::mixed_load::tables());
  INFO(found.describe());
  CHECK(found.is_clean());
}
