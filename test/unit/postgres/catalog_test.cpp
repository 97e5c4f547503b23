#include <postgres/catalog.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace weir::postgres;
using event::replica_identity;
using places = std::vector<std::uint16_t>;

namespace {

constexpr std::uint32_t int4 = 23;
constexpr std::uint32_t text = 25;

event::relation relation_of(replica_identity identity,
                            const std::vector<std::pair<std::string, bool>>& columns) {
  event::relation made;
  made.identity = identity;
  for (const auto& [name, is_identity] : columns) {
    made.columns.push_back({.name = name, .type_oid = int4, .base_type_oid = int4, .is_identity = is_identity});
  }
  return made;
}

places key_of(event::relation table, const std::vector<catalog_column>& catalog) {
  complete(table, catalog);
  return table.key;
}

catalog_column column(const std::string& name, std::uint16_t place, std::uint32_t type = int4) {
  return {.name = name, .type_oid = type, .base_type_oid = type, .key_place = place};
}

}  // namespace

TEST_CASE("the key has the order of the primary key, not of the columns") {
  const auto wire = relation_of(replica_identity::by_default, {{"a", true}, {"x", false}, {"b", true}});
  CHECK(key_of(wire, {column("a", 2), column("x", 0), column("b", 1)}) == places{2, 0});
}

TEST_CASE("FULL has the primary key's columns, or no key at all") {
  const auto wire = relation_of(replica_identity::full, {{"a", true}, {"b", true}});
  CHECK(key_of(wire, {column("a", 0), column("b", 1)}) == places{1});
  CHECK(key_of(wire, {column("a", 0), column("b", 0)}).empty());
  CHECK(key_of(wire, {}).empty());
}

TEST_CASE("an identity index is the key when it does not hold the primary key") {
  const auto wire = relation_of(replica_identity::index, {{"id", false}, {"code", true}});
  CHECK(key_of(wire, {column("id", 1), column("code", 0)}) == places{1});
  const auto wide = relation_of(replica_identity::index, {{"id", true}, {"code", true}});
  CHECK(key_of(wide, {column("id", 1), column("code", 0)}) == places{0});
}

TEST_CASE("the key of an identity index has the index's order") {
  const auto wire = relation_of(replica_identity::index, {{"x", true}, {"y", true}, {"v", false}});
  auto x = column("x", 0);
  auto y = column("y", 0);
  x.identity_place = 2;
  y.identity_place = 1;
  CHECK(key_of(wire, {x, y, column("v", 0)}) == places{1, 0});
}

TEST_CASE("a stream that is older than the catalog keeps the wire's own identity") {
  const auto wire = relation_of(replica_identity::by_default, {{"id", true}, {"tenant", false}});
  CHECK(key_of(wire, {}) == places{0});                                            // the table is gone
  CHECK(key_of(wire, {column("tenant", 1), column("id", 2)}) == places{0});        // another key by now
  CHECK(key_of(wire, {column("id", 1, text), column("tenant", 0)}) == places{0});  // another type
  CHECK(key_of(wire, {column("number", 1), column("tenant", 0)}) == places{0});    // renamed
}

TEST_CASE("a table whose old rows never come has its primary key") {
  const auto wire = relation_of(replica_identity::nothing, {{"id", false}, {"x", false}});
  CHECK(key_of(wire, {column("id", 1), column("x", 0)}) == places{0});
  CHECK(key_of(wire, {column("id", 0), column("x", 0)}).empty());
}

TEST_CASE("a domain is read as its base type, with the domain's modifier") {
  auto wire = relation_of(replica_identity::by_default, {{"id", true}, {"price", false}});
  wire.columns[1].type_oid = wire.columns[1].base_type_oid = 50000;
  complete(wire, std::vector<catalog_column>{column("id", 1), {"price", 50000, 1700, 655366, 0}});
  CHECK(wire.columns[1].base_type_oid == 1700);
  CHECK(wire.columns[1].type_oid == 50000);
  CHECK(wire.columns[1].type_modifier == 655366);
  CHECK(wire.columns[0].type_modifier == -1);
}

TEST_CASE("a table that is gone by now keeps the key and the types that were known") {
  auto table = relation_of(replica_identity::full, {{"a", true}, {"b", true}});
  complete(table, std::vector{column("a", 0), column("b", 1)});
  complete(table, {});
  CHECK(table.key == places{1});
  complete(table, std::vector{column("a", 1), column("b", 0)});
  CHECK(table.key == places{0});
}
