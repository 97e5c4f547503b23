#include <postgres/publication.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace weir::postgres;
using event::replica_identity;

TEST_CASE("B11 a table is usable when UPDATE and DELETE on it would go on working") {
  table keyed{.schema = "public", .name = "t", .has_primary_key = true};
  CHECK(unusable_identity(keyed, 150000).empty());
  table keyless{.schema = "public", .name = "t"};
  CHECK(unusable_identity(keyless, 150000) == "no primary key");
  keyless.identity = replica_identity::full;
  CHECK(unusable_identity(keyless, 150000).empty());
  keyed.identity = replica_identity::nothing;
  CHECK_FALSE(unusable_identity(keyed, 150000).empty());
  keyed.identity = replica_identity::index;
  CHECK_FALSE(unusable_identity(keyed, 150000).empty());
  keyed.has_identity_index = true;
  CHECK(unusable_identity(keyed, 150000).empty());
  keyed.has_unpublished_generated = true;
  CHECK(unusable_identity(keyed, 170011).empty());
  CHECK_FALSE(unusable_identity(keyed, 180000).empty());
}
