#include "bed.hpp"

#include <catch2/catch_test_macros.hpp>

#include <set>

using namespace weir;
using namespace std::chrono_literals;

TEST_CASE(
    "002-3 a listener whose tables never change, beside busy ones and then beside a busy database: the slot "
    "follows") {
  fault::bed bed;
  bed.postgres.exec("create table wanted(id int primary key); create table other(id int primary key)");
  bed.postgres.exec("create database busy");
  support::weir_process weir{bed.environment({{"WEIR_TABLES", "public.wanted"}})};
  weir.wait_until_ready();
  const auto before = bed.at_quiesce(weir);
  const auto in_time = fault::generous(10s);

  bed.postgres.exec("insert into other select generate_series(1, 50000)");
  bed.drain(weir, in_time);
  bed.postgres.connect("busy").exec(
      "create table noise(n int); insert into noise select generate_series(1, 50000)");
  bed.drain(weir, in_time);

  bed.check_nothing_leaked(weir, before);
  CHECK(bed.delivered() == 0);
  CHECK(weir.stop().code == 0);
}

TEST_CASE("002-7 000-7 tasks and descriptors stay the same however many changes are under way") {
  const int changes = fault::is_long() ? 1'000'000 : 200'000;
  fault::bed bed;
  bed.postgres.exec("create table t(id int primary key, text text)");
  support::weir_process weir{bed.environment()};
  weir.wait_until_ready();
  bed.postgres.exec("insert into t values (0, 'first')");
  const auto before = bed.at_quiesce(weir);

  std::set<double> tasks;
  const auto all_tasks = [&] {
    double sum = 0;
    for (const auto& [name, count] : bed.figures_now(weir).tasks) sum += count;
    return sum;
  };
  auto session = bed.postgres.connect();
  session.begin("insert into t select n, 'row ' || n from generate_series(1, " + std::to_string(changes) +
                ") n");
  weir.wait_for(
      "all of them",
      [&] {
        tasks.insert(all_tasks());
        return bed.delivered() == changes + 1;
      },
      120s);
  session.finish();
  INFO("tasks seen: " << *tasks.begin() << " to " << *tasks.rbegin());
  // One more while a position is on its way to the state topic or the slot is looked at.
  CHECK(*tasks.rbegin() - *tasks.begin() <= 2);
  bed.check_nothing_leaked(weir, before);
  CHECK(weir.stop().code == 0);
}
