#include "running.hpp"

#include <support/free_port.hpp>
#include <support/tcp_proxy.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

using namespace weir;
using namespace std::chrono_literals;

namespace {

constexpr auto breaker = "weir_breaker_state{target=\"kafka\"}";

}  // namespace

TEST_CASE(
    "000-4 002-8 a broker that is killed and started again: what is pending waits, shows its age, and goes to "
    "0") {
  support::kafka_server broker;
  fault::bed bed{broker};
  fault::running now{bed, bed.environment({{"WEIR_STALL_AFTER", "500ms"}})};
  now.load.start(1500, 1ms);
  broker.kill();
  now.wait_for_reason("breaker");
  CHECK(now.weir.metric(breaker) == 1);
  // Down for many probes, and longer than anything that could drop a record by its age.
  now.weir.wait_for("records that wait",
                    [&] { return now.weir.metric("weir_oldest_unconfirmed_seconds").value_or(0) > 3; });
  const auto waiting = now.weir.metric("weir_unconfirmed_records").value_or(0);
  CHECK(waiting > 0);
  CHECK(now.weir.get("/health").status == 200);
  broker.start();
  now.weir.wait_for("the breaker to close", [&] { return now.weir.metric(breaker) == 0; });
  now.check_recovery();
}

TEST_CASE("002-8 a broker that moves to another port is found there when WEIR_BROKERS names both") {
  support::kafka_server broker;
  fault::bed bed{broker};
  const auto other = support::free_port();
  fault::running now{bed,
                     bed.environment({{"WEIR_STALL_AFTER", "500ms"},
                                      {"WEIR_BROKERS", bed.brokers + ",127.0.0.1:" + std::to_string(other)}})};
  now.load.start(1000, 1ms);
  broker.kill();
  now.wait_for_reason("breaker");
  broker.start(other);
  bed.move_to(broker);
  // The second of WEIR_BROKERS has a connection of its own now, beside that of the broker by its number.
  now.check_recovery(1);
}

TEST_CASE(
    "002-19 a frozen broker turns /ready red with the reason and leaves /health green; thawed, all goes on") {
  support::kafka_server broker;
  fault::bed bed{broker};
  fault::running now{bed, bed.environment({{"WEIR_STALL_AFTER", "1s"}})};
  broker.freeze();
  now.load.start(500);
  now.wait_for_reason("breaker");
  CHECK(now.weir.get("/health").status == 200);
  broker.thaw();
  now.check_recovery();
}

TEST_CASE("002-6 a sink frozen for longer than wal_sender_timeout keeps the stream, within the budget") {
  support::kafka_server broker;
  fault::bed bed{broker, {.settings = {"wal_sender_timeout = 5s"}}};
  fault::running now{bed, bed.environment({{"WEIR_STALL_AFTER", "1s"}, {"WEIR_MEMORY", "8MiB"}})};
  const auto streams = bed.postgres.value("select active_pid from pg_replication_slots");
  broker.freeze();
  bed.postgres.exec(
      "insert into journal select nextval('journal_number'), repeat('x', 400) from generate_series(1, "
      "60000)");
  now.wait_for_reason("breaker");
  constexpr auto longer_than_the_timeout = 8s;
  support::give_time(longer_than_the_timeout);
  CHECK(bed.postgres.value("select active_pid from pg_replication_slots") == streams);
  CHECK(bed.postgres.log().find("terminating walsender process due to replication timeout") ==
        std::string::npos);
  // One record may be admitted above the limit, no more.
  CHECK(now.weir.metric("weir_budget_bytes{state=\"used\"}").value_or(1e18) < 9.0 * 1024 * 1024);
  CHECK(now.weir.metric("weir_budget_bytes{state=\"used\"}").value_or(0) > 4.0 * 1024 * 1024);
  broker.thaw();
  now.check_recovery();
}

TEST_CASE("002-6 a broker that takes a tenth of what comes: the source waits, memory stays within the budget") {
  support::tcp_proxy proxy;
  support::kafka_server broker{{.advertised_port = proxy.port()}};
  proxy.set_target(broker.port());
  fault::bed bed{broker, {.settings = {"wal_sender_timeout = 5s"}}};
  fault::running now{bed, bed.environment({{"WEIR_MEMORY", "8MiB"}})};
  const auto run = now.weir.metric("weir_run");
  constexpr std::uint64_t slow = 1'000'000;
  proxy.slow(slow, support::tcp_proxy::way::up);
  bed.postgres.exec(
      "insert into journal select nextval('journal_number'), repeat('x', 400) from generate_series(1, 60000)");
  const auto until = std::chrono::steady_clock::now() + (fault::is_long() ? 60s : 10s);
  double most = 0;
  while (std::chrono::steady_clock::now() < until) {
    most = std::max(most, now.weir.metric("weir_budget_bytes{state=\"used\"}").value_or(0));
    support::give_time(200ms);
  }
  CHECK(most > 4.0 * 1024 * 1024);
  CHECK(most < 9.0 * 1024 * 1024);
  CHECK(now.weir.metric("weir_run") == run);
  CHECK(bed.postgres.log().find("terminating walsender process due to replication timeout") ==
        std::string::npos);
  proxy.slow(0, support::tcp_proxy::way::up);
  now.check_recovery();
}

TEST_CASE("002-6 a producer that the broker throttles: the source waits, the run goes on, nothing is lost") {
  support::kafka_server broker;
  fault::bed bed{broker, {.settings = {"wal_sender_timeout = 5s"}}};
  fault::running now{bed, bed.environment({{"WEIR_MEMORY", "8MiB"}})};
  const auto run = now.weir.metric("weir_run");
  // What lies above it in ten seconds is answered late, and meanwhile the broker does not read.
  constexpr int bytes_per_second = 100'000;
  broker.limit_producers(bytes_per_second);
  const auto began = std::chrono::steady_clock::now();
  bed.postgres.exec(
      "insert into journal select nextval('journal_number'), repeat('x', 400) from generate_series(1, 1600)");
  bed.drain(now.weir, 120s);
  CHECK(std::chrono::steady_clock::now() - began > 2s);
  CHECK(now.weir.metric("weir_run") == run);
  CHECK(bed.postgres.log().find("terminating walsender process due to replication timeout") ==
        std::string::npos);
  broker.limit_producers(std::nullopt);
  now.check_recovery();
}

TEST_CASE("002-6 a stall that lasts hangs up, and the server can shut down meanwhile") {
  support::kafka_server broker;
  fault::bed bed{broker};
  fault::running now{bed, bed.environment({{"WEIR_STALL_AFTER", "500ms"}, {"WEIR_HANG_UP_AFTER", "2s"}})};
  broker.freeze();
  bed.postgres.exec(
      "insert into journal select nextval('journal_number'), repeat('x', 400) from generate_series(1, "
      "200000)");
  now.weir.wait_for("the hang-up",
                    [&] { return bed.postgres.value("select active from pg_replication_slots") == "f"; });
  const auto began = std::chrono::steady_clock::now();
  bed.postgres.stop(support::postgres_stop::fast);
  CHECK(std::chrono::steady_clock::now() - began < fault::generous(10s));
  bed.postgres.start();
  broker.thaw();
  now.check_recovery();
}

TEST_CASE("B10 a stall that outlasts idle_replication_slot_timeout hangs up and does not lose the slot") {
  support::kafka_server broker;
  fault::bed bed{broker, {.version = 18, .settings = {"idle_replication_slot_timeout = 5s"}}};
  fault::running now{bed, bed.environment({{"WEIR_STALL_AFTER", "500ms"}, {"WEIR_HANG_UP_AFTER", "2s"}})};
  const auto slot = [&bed](const std::string& what) {
    return bed.postgres.value("select " + what + " from pg_replication_slots");
  };
  broker.freeze();
  now.load.start(500);
  now.weir.wait_for("the hang-up", [&] { return slot("active") == "f"; });
  const auto end = std::chrono::steady_clock::now() + 15s;
  int looks = 0;
  int free = 0;
  now.weir.wait_for("three times the limit to pass", [&] {
    bed.postgres.exec("checkpoint");
    ++looks;
    if (slot("active") == "f") ++free;
    return std::chrono::steady_clock::now() > end;
  });
  CHECK(slot("coalesce(invalidation_reason, 'none')") == "none");
  // Attached for moments only: whoever shuts the server down or moves it does not wait for us.
  CHECK(free * 2 > looks);
  broker.thaw();
  now.check_recovery();
}

TEST_CASE("connections to the broker that are cut or frozen: all is delivered, in order") {
  support::tcp_proxy proxy;
  support::kafka_server broker{{.advertised_port = proxy.port()}};
  proxy.set_target(broker.port());
  fault::bed bed{broker};
  fault::running now{bed, bed.environment({{"WEIR_STALL_AFTER", "1s"}})};

  now.load.start(3000, 1ms);
  for (int n = 0; n < 5; ++n) {
    support::give_time(300ms);
    proxy.cut();
  }
  proxy.freeze();
  now.wait_for_reason("breaker");
  proxy.thaw();
  support::give_time(500ms);
  // Answers are lost on the way: the broker has the records, and weir does not know.
  proxy.freeze(support::tcp_proxy::way::down);
  now.wait_for_reason("breaker");
  proxy.cut();
  proxy.thaw(support::tcp_proxy::way::down);
  now.check_recovery();
}
