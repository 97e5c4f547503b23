#include "bed.hpp"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace std::chrono_literals;

namespace {

constexpr int failed = 1;
constexpr auto grace = 2s;
/// A few attempts after the grace, and a loaded machine.
constexpr auto after_grace = 60s;

/// Many attempts within the grace.
fault::bed::variables impatient(fault::bed::variables more) {
  more.insert({{"WEIR_PERMANENT_GRACE", "2s"}, {"WEIR_RETRY_MIN", "50ms"}, {"WEIR_RETRY_MAX", "200ms"}});
  return more;
}

/// It tries again for the grace, and then ends with code 1 and `sentence`.
void check_that_it_ends(support::weir_process& weir, const std::string& sentence) {
  const auto began = std::chrono::steady_clock::now();
  const auto end = weir.wait(grace + after_grace);
  INFO(weir.log());
  CHECK(end.code == failed);
  CHECK(std::chrono::steady_clock::now() - began > grace / 2);
  CHECK(weir.log().find("weir ends with code 1") != std::string::npos);
  CHECK(weir.log().find(sentence) != std::string::npos);
}

}  // namespace

TEST_CASE("a row that is too large ends the process after the grace, though every new stream starts well") {
  fault::bed bed;
  bed.postgres.exec("create table t(id int primary key, text text)");
  support::weir_process weir{bed.environment(impatient({{"WEIR_MAX_ROW", "1MiB"}}))};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t values (1, 'fits')");
  bed.drain(weir);
  bed.postgres.exec("insert into t values (2, repeat('x', 2000000))");
  check_that_it_ends(weir, "WEIR_MAX_ROW");
  CHECK(bed.delivered() == 1);
}

TEST_CASE("a role that loses its permission while streaming ends the process after the grace") {
  fault::bed bed;
  bed.postgres.exec("create role reader login superuser replication; create table t(id int primary key)");
  support::weir_process weir{bed.environment(impatient({{"PGUSER", "reader"}}))};
  weir.wait_until_ready();
  bed.postgres.exec(
      "alter role reader nologin; select pg_terminate_backend(pid) from pg_stat_activity where usename = "
      "'reader'");
  check_that_it_ends(weir, "reader");
}

TEST_CASE("an output that takes no more lines ends the process after the grace, with its own sentence") {
  fault::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  support::weir_process weir{
      bed.environment(impatient({{"WEIR_SINK", "stdout"}, {"WEIR_STATE", "none"}})), {}, "/dev/full"};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t values (1)");
  check_that_it_ends(weir, "the output takes no more lines: No space left on device");
}

TEST_CASE("000-5 a stop while a blocking call never returns does not wait for it") {
  fault::bed bed;
  bed.postgres.exec("create table t(id int primary key)");
  support::temporary_directory directory{"weir-hang"};
  // To open a pipe that nobody writes blocks for ever.
  const auto state = directory / "position.json";
  REQUIRE(::mkfifo(state.c_str(), 0600) == 0);
  support::weir_process weir{
      bed.environment({{"WEIR_SINK", "stdout"}, {"WEIR_STATE", "file:" + state.string()}})};
  weir.wait_for("the call that hangs",
                [&] { return weir.get("/tasks").body.find("stored position") != std::string::npos; });
  const auto end = weir.stop();
  INFO(weir.log());
  CHECK(end.code == 0);
  CHECK(end.took < fault::generous(2s));
}
