#include "running.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <filesystem>
#include <random>

using namespace weir;
using namespace std::chrono_literals;

namespace {

/// Keeps a load up, so that there is always something on its way.
void keep_loaded(support::mixed_load& load, int transactions) {
  if (load.is_running()) return;
  load.finish();
  load.start(transactions, 2ms);
}

}  // namespace

TEST_CASE("a process that is frozen again and again, once for longer than wal_sender_timeout, loses nothing") {
  fault::bed bed{support::postgres_options{.settings = {"wal_sender_timeout = 2s"}}};
  fault::running now{bed, bed.environment()};
  now.load.start(1500, 1ms);
  for (const auto pause : {50ms, 300ms, 4000ms}) {
    now.weir.signal(SIGSTOP);
    support::give_time(pause);
    now.weir.signal(SIGCONT);
    support::give_time(200ms);
  }
  now.load.finish();
  CHECK(bed.postgres.log().find("terminating walsender process due to replication timeout") !=
        std::string::npos);
  now.check_recovery();
}

TEST_CASE("SIGTERM at any moment of a life ends it with code 0 and in time; nothing is lost") {
  const int lives = fault::is_long() ? 200 : 20;
  fault::bed bed;
  support::mixed_load load{bed.postgres.conninfo()};
  INFO("seed " << fault::seed());
  std::mt19937 random{fault::seed()};
  // From before main() has begun to the middle of the stream.
  std::uniform_int_distribution<int> moment_ms{0, 600};
  {
    support::weir_process first{bed.environment()};
    first.wait_until_ready();
    CHECK(first.stop().code == 0);
  }
  load.start(500, 2ms);
  for (int n = 0; n < lives; ++n) {
    keep_loaded(load, 500);
    support::weir_process weir{bed.environment()};
    const std::chrono::milliseconds moment{moment_ms(random)};
    support::give_time(moment);
    INFO("life " << n << ", after " << moment.count() << " ms");
    const auto end = weir.stop();
    INFO(weir.log());
    // Until the handler is there, the signal itself ends the process.
    const bool is_early = weir.log().empty();
    CHECK((end.code == 0 || (is_early && end.code == 128 + SIGTERM)));
    CHECK(end.took < 8s);
  }
  load.finish();
  support::weir_process last{bed.environment()};
  last.wait_until_ready();
  bed.drain(last);
  CHECK(last.stop().code == 0);
  bed.check_delivery();
  bed.check_only_unstored_came_again();
}

TEST_CASE("a state file that cannot be written any more: /ready says so; the disk back, all goes on") {
  fault::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  support::temporary_directory directory{"weir-state"};
  const auto folder = directory / "state";
  const auto away = directory / "away";
  std::filesystem::create_directory(folder);
  support::weir_process weir{bed.environment({{"WEIR_SINK", "stdout"},
                                              {"WEIR_STATE", "file:" + (folder / "position.json").string()},
                                              {"WEIR_RETRY_MIN", "50ms"}})};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t values (1)");
  // The session that looks at the slot is there from its first look on.
  weir.wait_for("a look at the slot", [&] { return weir.metric("weir_slot_retained_bytes").value_or(0) > 0; });
  const auto before = bed.at_quiesce(weir);
  // Root writes to what is read-only, but nobody writes into a folder that is not there.
  std::filesystem::rename(folder, away);
  bed.postgres.exec("insert into t values (2)");
  weir.wait_for("/ready to turn red", [&] { return weir.get("/ready").status == 503; });
  CHECK(weir.is_running());
  CHECK_FALSE(bed.is_confirmed(bed.log_end()));
  std::filesystem::rename(away, folder);
  weir.wait_until_ready();
  bed.check_nothing_leaked(weir, before);
  CHECK(weir.output().find("\"id\":2") != std::string::npos);
  CHECK(weir.stop().code == 0);
}
