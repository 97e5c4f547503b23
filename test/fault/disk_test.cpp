#include "running.hpp"

#include <support/small_disk.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace std::chrono_literals;

namespace {

constexpr int disk_mebibytes = 400;
constexpr std::uintmax_t nearly_nothing = 256 * 1024;

/// The server may have given up for want of disk, or be in recovery.
void bring_back(support::postgres_server& server) {
  const auto answers = [&] {
    try {
      return server.value("select 1") == "1";
    } catch (const support::sql_error&) {
      return !server.is_running();
    }
  };
  REQUIRE(support::eventually(answers, 60s));
  if (!server.is_running()) server.restart(support::postgres_stop::immediate);
}

}  // namespace

TEST_CASE(
    "a server whose disk is full refuses writes and ends sessions: weir waits, and goes on when there is "
    "room") {
  if (!support::small_disk::can_mount()) SKIP("no disk can be mounted here");
  const support::small_disk disk{disk_mebibytes};
  // Decoding puts even small transactions on the disk, so that the stream itself meets its end.
  fault::bed bed{support::postgres_options{
      .settings = {"logical_decoding_work_mem = 64kB", "max_wal_size = 64MB", "min_wal_size = 32MB"},
      .disk = disk.path()}};
  fault::running now{bed, bed.environment()};
  auto session = bed.postgres.connect();

  disk.fill_but(nearly_nothing);
  bool is_refused = false;
  for (int n = 0; n < 200 && !is_refused; ++n) {
    try {
      session.exec(
          "insert into journal select nextval('journal_number'), repeat('x', 500) from generate_series(1, "
          "2000)");
    } catch (const support::sql_error&) {
      is_refused = true;
    }
  }
  REQUIRE(is_refused);
  CHECK(now.weir.is_running());
  CHECK(now.weir.get("/health").status == 200);

  disk.clear();
  bring_back(bed.postgres);
  bed.postgres.exec("insert into journal select nextval('journal_number'), 'after'");
  now.check_recovery();
}
