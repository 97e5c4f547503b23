#include "bed.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <optional>
#include <string>

using namespace weir;
using namespace std::chrono_literals;

namespace {

/// Start until /ready, and stop until the exit.
const auto longest_start_or_stop = fault::generous(2s);

/// Ways in which a start fails half-way, each of them at another place.
enum class broken : std::uint8_t { broker_refuses, bad_topic, slot_busy, no_server, unknown_table };
constexpr int ways = 5;

struct failing_start {
  fault::bed::variables environment;
  std::string reason;  ///< what /ready says
};

failing_start failing(broken how) {
  switch (how) {
    case broken::broker_refuses:
      return {{{"WEIR_BROKERS", "127.0.0.1:1"}}, "down"};
    case broken::bad_topic:
      // One broker makes no topic with three replicas, the state topic neither.
      return {{{"WEIR_TOPIC_PREFIX", support::unique_name("bad")}, {"WEIR_TOPIC_REPLICATION", "3"}},
              "REPLICATION_FACTOR"};
    case broken::slot_busy:
      return {{}, "in use"};
    case broken::no_server:
      return {{{"PGPORT", "1"}}, "refused"};
    case broken::unknown_table:
      return {{{"WEIR_TABLES", "public.missing"}}, "public.missing"};
  }
  return {};
}

/// Holds the slot, as another Weir would.
struct slot_holder {
  explicit slot_holder(fault::bed& bed) : weir{bed.environment()} { weir.wait_until_ready(); }
  support::weir_process weir;
};

void check_end(support::weir_process& weir) {
  const auto end = weir.stop();
  INFO(weir.log());
  CHECK(end.code == 0);
  CHECK(end.took < longest_start_or_stop);
}

void start_and_fail(fault::bed& bed, broken how) {
  std::optional<slot_holder> holder;
  if (how == broken::slot_busy) holder.emplace(bed);
  const auto wanted = failing(how);
  const auto began = std::chrono::steady_clock::now();
  support::weir_process weir{bed.environment(wanted.environment)};
  weir.wait_for("/ready to say: " + wanted.reason, [&] {
    const auto answer = weir.get("/ready");
    return answer.status == 503 && answer.body.find(wanted.reason) != std::string::npos;
  });
  CHECK(std::chrono::steady_clock::now() - began < longest_start_or_stop);
  check_end(weir);
  if (holder) check_end(holder->weir);
}

void start_and_stop(fault::bed& bed) {
  const auto began = std::chrono::steady_clock::now();
  support::weir_process weir{bed.environment()};
  weir.wait_until_ready();
  CHECK(std::chrono::steady_clock::now() - began < longest_start_or_stop);
  check_end(weir);
}

}  // namespace

TEST_CASE(
    "000-1 start and stop over and over, every 7th start failing half-way: nothing is left, nothing is lost") {
  const int times = fault::is_long() ? 1000 : 35;
  fault::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  start_and_stop(bed);
  for (int n = 1; n <= times; ++n) {
    INFO("start " << n);
    bed.postgres.exec("insert into t values (" + std::to_string(n) + ")");
    if (n % 7 == 0) {
      start_and_fail(bed, static_cast<broken>(n / 7 % ways));
    } else {
      start_and_stop(bed);
    }
  }
  CHECK(bed.postgres.value("select count(*) from pg_stat_replication") == "0");
  CHECK(bed.postgres.value("select count(*) from pg_replication_slots") == "1");
  CHECK(bed.postgres.value("select count(*) from pg_stat_activity where application_name = 'weir'") == "0");
  support::weir_process last{bed.environment()};
  last.wait_until_ready();
  bed.drain(last);
  CHECK(last.stop().code == 0);
  bed.check_delivery({"public.t"});
}

TEST_CASE("000-1 sessions that fail half-way inside one process leave no task and no descriptor") {
  const int times = fault::is_long() ? 1000 : 20;
  fault::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  support::weir_process weir{bed.environment({{"WEIR_RETRY_MIN", "10ms"}, {"WEIR_RETRY_MAX", "50ms"}})};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t values (0)");
  const auto before = bed.at_quiesce(weir);
  const auto run = weir.metric("weir_run").value_or(0);
  for (int n = 1; n <= times; ++n) {
    weir.wait_for("a walsender to terminate", [&] {
      return bed.postgres.value(
                 "select coalesce(bool_or(pg_terminate_backend(active_pid)), false) from "
                 "pg_replication_slots where active_pid is not null") == "t";
    });
    bed.postgres.exec("insert into t values (" + std::to_string(n) + ")");
  }
  weir.wait_until_ready();
  bed.check_nothing_leaked(weir, before);
  CHECK(weir.metric("weir_run").value_or(0) > run);
  CHECK(weir.stop().code == 0);
  bed.check_delivery({"public.t"});
}
