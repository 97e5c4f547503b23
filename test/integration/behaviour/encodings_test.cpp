#include "bed.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>

using namespace weir;
using behaviour::bed;

namespace {

/// A database of this encoding beside the usual one, in the C locale that fits every encoding.
std::string make_database(const std::string& encoding) {
  return fmt::format("create database other encoding '{}' lc_collate 'C' lc_ctype 'C' template template0",
                     encoding);
}

}  // namespace

TEST_CASE("a database without an encoding: what is no UTF-8 is a dead letter, and the rest arrives") {
  bed it{support::distribution_postgres(), {{"PGDATABASE", "other"}}, make_database("SQL_ASCII")};
  it.postgres.connect("other").exec(
      R"(create table t(id int primary key, v text); insert into t values (1, 'plain'), (2, E'\xC3\xBC'), (3, E'\xFF\xFE'),
         (4, 'after'))");
  it.drain();
  const auto all = it.read("public.t");
  REQUIRE(all.size() == 3);
  CHECK(all[0].after == R"({"id":1,"v":"plain"})");
  CHECK(all[1].after == R"({"id":2,"v":"ü"})");
  CHECK(all[2].after == R"({"id":4,"v":"after"})");
  CHECK(it.kafka.count(it.prefix + ".dead") == 1);
  CHECK(it.weir->get("/ready").status == 200);
  CHECK(it.weir->stop().code == 0);
}

TEST_CASE("a database of another encoding arrives as UTF-8") {
  for (const auto& [encoding, text] : {std::pair{"LATIN1", "Größe"}, std::pair{"EUC_JP", "日本語"}}) {
    INFO(encoding);
    bed it{support::distribution_postgres(), {{"PGDATABASE", "other"}}, make_database(encoding)};
    auto there = it.postgres.connect("other");
    there.exec("set client_encoding = 'UTF8'");
    there.exec(fmt::format(
        "create table \"{0}\"(id int primary key, v text); insert into \"{0}\" values (1, '{0}')", text));
    there.exec("create table t(id int primary key, v text)");
    there.exec(fmt::format("insert into t values (1, '{}')", text));
    it.drain();
    const auto all = it.read("public.t");
    REQUIRE(all.size() == 1);
    CHECK(all[0].after == fmt::format(R"({{"id":1,"v":"{}"}})", text));
    CHECK(it.weir->stop().code == 0);
  }
}
