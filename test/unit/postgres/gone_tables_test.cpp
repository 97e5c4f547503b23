#include <postgres/gone_tables.hpp>

#include <catch2/catch_test_macros.hpp>

using weir::lsn;
using weir::postgres::gone_tables;
using oids = std::vector<std::uint32_t>;

TEST_CASE("000-3 the catalog is asked after enough new tables, and again after as many") {
  gone_tables rules;
  for (std::uint32_t oid = 1; oid < gone_tables::look_after; ++oid) rules.on_announced(oid);
  CHECK_FALSE(rules.wants_look(255));
  rules.on_announced(1000);
  CHECK(rules.wants_look(256));
  CHECK_FALSE(rules.wants_look(1000));  // half of a thousand is not new
  rules.looked({}, lsn{5});
  CHECK_FALSE(rules.wants_look(256));
}

TEST_CASE("000-3 what is gone is forgotten where the stream passes the catalog, once") {
  gone_tables rules;
  rules.looked({7, 8}, lsn{100});
  CHECK(rules.passed(lsn{99}).empty());
  CHECK(rules.passed(lsn{100}) == oids{7, 8});
  CHECK(rules.passed(lsn{101}).empty());
}

TEST_CASE("000-3 a table that the server defines anew under the same number is kept") {
  gone_tables rules;
  rules.looked({7, 8}, lsn{100});
  rules.on_announced(7);
  CHECK(rules.passed(lsn{200}) == oids{8});
}

TEST_CASE("000-3 while the stream is behind, no second look forgets the first") {
  gone_tables rules;
  rules.looked({7}, lsn{100});
  for (std::uint32_t oid = 1000; oid < 2000; ++oid) rules.on_announced(oid);
  CHECK_FALSE(rules.wants_look(1000));
  CHECK(rules.passed(lsn{100}) == oids{7});
  CHECK(rules.wants_look(1000));
}
