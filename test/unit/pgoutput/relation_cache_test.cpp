#include <pgoutput/relation_cache.hpp>

#include <catch2/catch_test_macros.hpp>

using weir::event::relation;
using weir::pgoutput::relation_cache;

namespace {

std::shared_ptr<const relation> table(std::uint32_t oid, std::uint64_t version) {
  relation made;
  made.oid = oid;
  made.version = version;
  return std::make_shared<const relation>(made);
}

}  // namespace

TEST_CASE("the cache finds what was put last, also right after it was asked for the old one") {
  relation_cache tables;
  CHECK(tables.find(1) == nullptr);
  tables.put(table(1, 1));
  CHECK(tables.find(1)->version == 1);
  tables.put(table(1, 2));
  CHECK(tables.find(1)->version == 2);
  CHECK(tables.size() == 1);
}

TEST_CASE("the cache does not find what was forgotten, and keeps the others") {
  relation_cache tables;
  tables.put(table(1, 1));
  tables.put(table(2, 2));
  CHECK(tables.find(1)->version == 1);
  tables.forget(1);
  CHECK(tables.find(1) == nullptr);
  CHECK(tables.find(2)->version == 2);
}

TEST_CASE("the cache has no table of OID zero") {
  const relation_cache tables;
  CHECK(tables.find(0) == nullptr);
}
