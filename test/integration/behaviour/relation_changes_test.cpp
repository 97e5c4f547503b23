#include "bed.hpp"

#include <support/oracle.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>

using namespace weir;
using behaviour::bed;

namespace {

std::vector<std::string> topics_of(bed& it) {
  std::vector<std::string> names;
  for (const auto& [name, partitions] : it.kafka.topics(it.prefix + ".")) {
    names.push_back(name.substr(it.prefix.size() + 1));
  }
  return names;
}

std::size_t count_in(bed& it, const std::string& topic) {
  return static_cast<std::size_t>(it.kafka.count(it.prefix + "." + topic));
}

void check_by_oracle(bed& it, const std::vector<std::string>& tables) {
  auto session = it.postgres.connect();
  const auto found = support::judge_delivery(it.kafka, it.prefix, session, tables);
  INFO(found.describe());
  CHECK(found.is_clean());
}

}  // namespace

TEST_CASE("a table that is altered again and again between its rows arrives whole") {
  bed it{support::distribution_postgres(), {}, "create table t(id int primary key, a text, n int)"};
  it.postgres.exec("insert into t select n, 'a' || n, n from generate_series(1, 200) n");
  it.postgres.exec("alter table t add b text default 'dd'");
  it.postgres.exec("insert into t select n, 'a' || n, n, 'b' from generate_series(201, 400) n");
  it.postgres.exec(
      "begin; alter table t drop a; insert into t values (401, 1, 'x'); alter table t rename b to c; "
      "insert into t values (402, 2, 'y'); commit");
  it.postgres.exec("alter table t alter n type numeric(10, 2)");
  it.postgres.exec("alter table t replica identity full; update t set n = n + 1 where id < 300");
  it.postgres.exec("alter table t replica identity default; delete from t where id < 100");
  it.postgres.exec("alter table t drop constraint t_pkey; alter table t add k int");
  it.postgres.exec("alter table t add primary key (id); update t set c = c || '!', k = id");
  it.drain();
  check_by_oracle(it, {"public.t"});
  CHECK(it.weir->stop().code == 0);
}

TEST_CASE("a table that is dropped and made again, and one that takes another's name, keep to their rows") {
  bed it{support::distribution_postgres(), {}, "create table t(id int primary key, a text)"};
  it.postgres.exec("insert into t values (1, 'old')");
  it.postgres.exec("drop table t; create table t(name text primary key, id int)");
  it.postgres.exec("insert into t values ('one', 1); update t set id = 2; delete from t");
  it.postgres.exec("create table other(id int primary key, z int); insert into other values (1, 1)");
  it.postgres.exec(
      "begin; alter table t rename to spare; alter table other rename to t; insert into t values (2, "
      "2); insert into spare values ('two', 2); commit");
  it.drain();
  std::vector<std::string> found;
  for (const auto& each : it.read("public.t")) found.push_back(each.op + (" " + each.key.value_or("")));
  CHECK(found == std::vector<std::string>{R"(c {"id":1})", R"(c {"name":"one"})", R"(u {"name":"one"})",
                                          R"(d {"name":"one"})", R"(T {"name":"one"})", R"(c {"id":2})"});
  CHECK(count_in(it, "public.spare") == 1);
  CHECK(it.weir->stop().code == 0);
}

TEST_CASE("replica identity changes in the stream: full, index, nothing, default") {
  bed it{support::distribution_postgres(),
         {},
         "create table t(id int primary key, code int not null unique, n int)"};
  it.postgres.exec("insert into t values (1, 10, 0)");
  it.postgres.exec("update t set n = 1");
  it.postgres.exec("alter table t replica identity full; update t set n = 2");
  it.postgres.exec("alter table t replica identity using index t_code_key; update t set n = 3");
  it.postgres.exec("alter table t replica identity nothing; insert into t values (2, 20, 0)");
  it.postgres.exec("alter table t replica identity default; update t set n = 4 where id = 1");
  it.drain();
  std::vector<std::string> found;
  for (const auto& each : it.read("public.t")) {
    found.push_back(fmt::format("{} {} {}", each.op, each.key.value_or(""), each.before));
  }
  CHECK(found == std::vector<std::string>{R"(c {"id":1} null)", R"(u {"id":1} null)",
                                          R"(u {"id":1} {"id":1,"code":10,"n":1})", R"(u {"code":10} null)",
                                          R"(c {"id":2} null)", R"(u {"id":1} null)"});
  CHECK(it.weir->stop().code == 0);
}

TEST_CASE("partitions come and go: attached, detached, and under the name of their root") {
  const std::string tables =
      "create table p(id int primary key, v text) partition by range (id); create table p_low partition of p "
      "for "
      "values from (0) to (100); create table p_high(id int primary key, v text)";
  SECTION("each partition is a topic") {
    bed it{support::distribution_postgres(), {}, tables};
    it.postgres.exec("insert into p values (1, 'low'); insert into p_high values (200, 'alone')");
    it.postgres.exec("alter table p attach partition p_high for values from (100) to (1000)");
    it.postgres.exec("insert into p values (101, 'attached')");
    it.postgres.exec("alter table p detach partition p_low; insert into p_low values (2, 'detached')");
    it.drain();
    CHECK(count_in(it, "public.p_low") == 2);
    CHECK(count_in(it, "public.p_high") == 2);
    CHECK(topics_of(it).size() >= 2);
    check_by_oracle(it, {"public.p_low", "public.p_high"});
    CHECK(it.weir->stop().code == 0);
  }
  SECTION("published by the root, all are its topic; a row that moves is a delete and a create of its key") {
    bed it{support::distribution_postgres(),
           {},
           tables +
               "; create publication weir for table p, p_high with (publish = 'insert, update, delete', "
               "publish_via_partition_root = true)"};
    it.postgres.exec("insert into p values (1, 'low'); insert into p_high values (200, 'alone')");
    it.postgres.exec("alter table p attach partition p_high for values from (100) to (1000)");
    it.postgres.exec("insert into p values (101, 'attached'); update p set id = 150 where id = 1");
    it.postgres.exec("alter table p detach partition p_high; insert into p_high values (201, 'detached')");
    it.drain();
    std::vector<std::string> found;
    for (const auto& each : it.read("public.p")) {
      found.push_back(
          fmt::format("{} {} {}", each.topic.substr(it.prefix.size() + 8), each.op, each.key.value_or("")));
    }
    CHECK(found == std::vector<std::string>{R"(p c {"id":1})", R"(p_high c {"id":200})", R"(p c {"id":101})",
                                            R"(p d {"id":1})", R"(p T {"id":1})", R"(p c {"id":150})",
                                            R"(p_high c {"id":201})"});
    CHECK(it.weir->stop().code == 0);
  }
  SECTION("the publication changes its mind") {
    bed it{support::distribution_postgres(), {}, tables + "; create publication weir for table p"};
    it.postgres.exec("insert into p values (1, 'leaf')");
    it.postgres.exec("alter publication weir set (publish_via_partition_root = true)");
    it.postgres.exec("insert into p values (2, 'root')");
    it.postgres.exec("alter publication weir set (publish_via_partition_root = false)");
    it.postgres.exec("insert into p values (3, 'leaf')");
    it.drain();
    CHECK(count_in(it, "public.p_low") == 2);
    CHECK(it.read("public.p").size() == 3);
    CHECK(it.weir->stop().code == 0);
  }
}

TEST_CASE("names of every kind: two schemas, quotes, dots, emoji, 63 bytes") {
  const std::string longest(63, 'x');
  const auto tables = fmt::format(
      R"(create schema "Second"; create table t(id int primary key); create table "Second".t(id int primary key);
         create table "we""ird.na'me"("i""d" int primary key, "a.b" text, "ü ☃ 🐘" text);
         create table "🐘"(id int primary key); create table "{0}"("{0}" int primary key))",
      longest);
  bed it{support::distribution_postgres(), {}, tables};
  it.postgres.exec(fmt::format(
      R"(insert into t values (1); insert into "Second".t values (2); insert into "we""ird.na'me" values (3, 'b', 'ß');
         insert into "🐘" values (4); insert into "{}" values (5))",
      longest));
  it.drain();
  auto all = it.read("public.");
  for (const auto& each : it.read("Second.")) all.insert(all.begin() + 1, each);
  REQUIRE(all.size() == 5);
  CHECK(all[0].topic == it.prefix + ".public.t");
  CHECK(all[1].topic == it.prefix + ".Second.t");
  CHECK(all[1].key == R"({"id":2})");
  CHECK(all[2].key == R"({"i\"d":3})");
  CHECK(all[2].after == R"({"i\"d":3,"a.b":"b","ü ☃ 🐘":"ß"})");
  CHECK(all[2].source.find(R"("table":"we\"ird.na'me")") != std::string::npos);
  CHECK(all[3].source.find(R"("table":"🐘")") != std::string::npos);
  CHECK(all[4].topic == it.prefix + ".public." + longest);
  CHECK(all[4].key == fmt::format(R"({{"{}":5}})", longest));
  CHECK(it.weir->stop().code == 0);
}

TEST_CASE("a table of 1600 columns") {
  std::string columns = "c1 int primary key";
  std::string names = "c1";
  std::string values = "1";
  for (int n = 2; n <= 1600; ++n) {
    columns += fmt::format(", c{} int", n);
    names += fmt::format(", c{}", n);
    values += fmt::format(", {}", n);
  }
  bed it{support::distribution_postgres(), {}, fmt::format("create table wide({})", columns)};
  it.postgres.exec(fmt::format("insert into wide({}) values ({})", names, values));
  it.postgres.exec("update wide set c1600 = -1");
  it.drain();
  const auto all = it.read("public.wide");
  REQUIRE(all.size() == 2);
  CHECK(all[0].after.ends_with(R"("c1599":1599,"c1600":1600})"));
  CHECK(all[1].after.ends_with(R"("c1599":1599,"c1600":-1})"));
  CHECK(it.weir->stop().code == 0);
}

TEST_CASE("generated columns arrive where the publication has them (PostgreSQL 18)") {
  const auto version = behaviour::version_from(18);
  if (!version) SKIP("there is no PostgreSQL 18");
  bed it{*version,
         {},
         "create table t(id int primary key, a int, g int generated always as (a * 2) stored, v int generated "
         "always as (a * 3) virtual); create publication weir for all tables with (publish = 'insert, update, "
         "delete', publish_generated_columns = stored)"};
  it.postgres.exec("insert into t values (1, 3); update t set a = 4; delete from t");
  it.drain();
  const auto all = it.read("public.t");
  REQUIRE(all.size() == 4);
  CHECK(all[0].after == R"({"id":1,"a":3,"g":6})");
  CHECK(all[1].after == R"({"id":1,"a":4,"g":8})");
  CHECK(all[2].before == R"({"id":1,"a":null,"g":null})");
  CHECK(it.weir->stop().code == 0);
}
