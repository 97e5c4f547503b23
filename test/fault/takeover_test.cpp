#include "bed.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace std::chrono_literals;

TEST_CASE("B3 a Weir whose slot another one took and moved goes on from what that one stored") {
  fault::bed bed;
  bed.postgres.exec("create table t(id int primary key, text text)");
  // The first one comes back late, the second one is always there.
  support::weir_process first{bed.environment({{"WEIR_RETRY_MIN", "2s"}, {"WEIR_RETRY_MAX", "2s"}})};
  first.wait_until_ready();
  bed.postgres.exec("insert into t values (1, 'by the first')");
  bed.drain(first);
  support::weir_process second{bed.environment({{"WEIR_RETRY_MIN", "20ms"}, {"WEIR_RETRY_MAX", "20ms"}})};
  second.wait_for("the slot to be in use",
                  [&] { return second.get("/ready").body.find("in use") != std::string::npos; });

  bed.postgres.exec("select pg_terminate_backend(active_pid) from pg_replication_slots");
  second.wait_until_ready();
  bed.postgres.exec("insert into t select n, 'by the second' from generate_series(2, 100) n");
  bed.drain(second);
  first.wait_for("the slot to be in use",
                 [&] { return first.get("/ready").body.find("in use") != std::string::npos; });
  CHECK(second.stop().code == 0);

  first.wait_until_ready();
  bed.postgres.exec("insert into t values (101, 'by the first again')");
  bed.drain(first);
  CHECK(first.stop().code == 0);
  const auto found = bed.check_delivery({"public.t"});
  CHECK(found.runs >= 3);
  CHECK(found.duplicates == 0);
}
