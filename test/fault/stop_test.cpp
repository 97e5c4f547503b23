#include "bed.hpp"

#include <support/tcp_proxy.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <csignal>

using namespace weir;
using namespace std::chrono_literals;

namespace {

constexpr int clean = 0;
constexpr int forced = 3;
/// WEIR_STOP_TIMEOUT as it is unless it is set, and what a loaded machine may add.
constexpr auto usual_deadline = 8s;
const auto on_a_loaded_machine = fault::generous(3s);

}  // namespace

TEST_CASE(
    "SIGTERM under load ends clean and in time; the next start loses nothing, and when idle sends nothing "
    "twice") {
  fault::bed bed;
  support::mixed_load load{bed.postgres.conninfo()};
  {
    support::weir_process weir{bed.environment()};
    weir.wait_until_ready();
    load.start(6000);
    weir.wait_for("some records", [&] { return bed.delivered() > 500; });
    CHECK(load.is_running());
    const auto end = weir.stop();
    INFO(weir.log());
    CHECK(end.code == clean);
    CHECK(end.took < usual_deadline);
  }
  load.finish();
  support::weir_process second{bed.environment()};
  second.wait_until_ready();
  bed.drain(second);
  const auto records = bed.delivered();
  CHECK(second.stop().code == clean);
  {
    support::weir_process third{bed.environment()};
    third.wait_until_ready();
    bed.drain(third);
    CHECK(third.stop().code == clean);
  }
  CHECK(bed.delivered() == records);
  const auto found = bed.check_delivery();
  // A stop lets out what it has begun and stores it: even under load nothing comes twice but an open
  // transaction.
  INFO(found.describe());
  CHECK(found.runs >= 2);
}

TEST_CASE("000-6 one signal stops clean, however often the program was started and stopped before") {
  fault::bed bed;
  for (int n = 0; n < 3; ++n) {
    support::weir_process weir{bed.environment()};
    weir.wait_until_ready();
    CHECK(weir.stop().code == clean);
  }
}

TEST_CASE("000-6 signals while it stops: the second one forces the end, whatever follows makes no difference") {
  support::kafka_server broker;
  fault::bed bed{broker};
  bed.postgres.exec("create table t(id int primary key)");
  const int signals = GENERATE(2, 10);
  bed.prefix = support::unique_name("fault");
  support::weir_process weir{bed.environment({{"WEIR_SLOT", "s" + std::to_string(signals)}})};
  weir.wait_until_ready();
  broker.freeze();
  bed.postgres.exec("insert into t select generate_series(1, 100)");
  weir.wait_for("records that are out",
                [&] { return weir.metric("weir_unconfirmed_records").value_or(0) == 100; });
  weir.signal(SIGTERM);
  weir.wait_for_log("stopping within");
  CHECK(weir.get("/ready").status == 503);
  for (int n = 1; n < signals; ++n) weir.signal(n % 2 == 0 ? SIGTERM : SIGINT);
  const auto end = weir.wait();
  broker.thaw();
  INFO(weir.log());
  CHECK(end.code == forced);
  CHECK(end.took < fault::generous(2s));
  CHECK(weir.log().find("late: task") != std::string::npos);
  CHECK(weir.log().find("a second signal") != std::string::npos);
}

TEST_CASE(
    "000-5 a stop while the broker never answers ends by its deadline, names who is late, and nothing is "
    "lost") {
  support::kafka_server broker;
  fault::bed bed{broker};
  bed.postgres.exec("create table t(id int primary key)");
  {
    support::weir_process weir{bed.environment({{"WEIR_STOP_TIMEOUT", "2s"}})};
    weir.wait_until_ready();
    broker.freeze();
    bed.postgres.exec("insert into t select generate_series(1, 5000)");
    weir.wait_for("records that are out",
                  [&] { return weir.metric("weir_unconfirmed_records").value_or(0) > 0; });
    const auto end = weir.stop();
    INFO(weir.log());
    CHECK(end.code == forced);
    CHECK(end.took >= 2s);
    CHECK(end.took < 2s + on_a_loaded_machine);
    CHECK(weir.log().find("waits for the reports of what is out") != std::string::npos);
    broker.thaw();
  }
  support::weir_process next{bed.environment()};
  next.wait_until_ready();
  bed.drain(next);
  CHECK(next.stop().code == clean);
  bed.check_delivery({"public.t"});
}

TEST_CASE("000-5 a stop while PostgreSQL does not answer ends by its deadline") {
  fault::bed bed;
  support::tcp_proxy proxy{bed.postgres.port()};
  bed.postgres.exec("create table t(id int primary key)");
  SECTION("a stream that is frozen says its good-bye in vain and ends clean") {
    support::weir_process weir{bed.postgres_through(proxy.port())};
    weir.wait_until_ready();
    proxy.freeze();
    const auto end = weir.stop();
    INFO(weir.log());
    CHECK(end.code == clean);
    CHECK(end.took < usual_deadline);
  }
  SECTION("a connection that is never answered does not hold the stop") {
    proxy.freeze();
    support::weir_process weir{bed.postgres_through(proxy.port())};
    weir.wait_for("the admin endpoint", [&] { return weir.get("/health").status == 200; });
    const auto end = weir.stop();
    INFO(weir.log());
    CHECK(end.code == clean);
    CHECK(end.took < usual_deadline);
  }
}

TEST_CASE("000-5 a stop while no broker can be reached ends by its deadline") {
  support::kafka_server broker;
  fault::bed bed{broker};
  broker.kill();
  support::weir_process weir{bed.environment()};
  weir.wait_for("the admin endpoint", [&] { return weir.get("/health").status == 200; });
  const auto end = weir.stop();
  INFO(weir.log());
  CHECK(end.code == clean);
  CHECK(end.took < usual_deadline);
}
