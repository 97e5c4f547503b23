#include <base/edit_distance.hpp>

#include <catch2/catch_test_macros.hpp>

using weir::edit_distance;

TEST_CASE("the distance of two words is what must be changed, added and taken away") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("table", "table") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("tabel", "table") == 2);
  CHECK(edit_distance("kitten", "sitting") == 3);
}
