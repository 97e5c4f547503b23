#include "stream_bed.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_vector.hpp>

#include <support/bed.hpp>

using namespace weir;
using namespace weir::postgres;
using rows = std::vector<std::string>;

TEST_CASE("a stream makes its publication and slot and delivers what happens after") {
  for (const int version : support::postgres_versions()) {
    INFO("PostgreSQL " << version);
    stream_bed bed{{.version = version}};
    bed.server.exec("create table t(id int primary key, name text); insert into t values (0, 'before')");
    const auto end = bed.stream(
        bed.settings(), std::nullopt,
        [&](async::self, replication_stream&, recording_intake& seen) -> async::awaitable<> {
          bed.server.exec("insert into t values (1, 'one'), (2, null)");
          bed.server.exec("update t set name = 'uno' where id = 1");
          bed.server.exec("update t set id = 3 where id = 2; delete from t where id = 3");
          bed.server.exec("select pg_logical_emit_message(true, 'p', 'said')");
          co_await seen.until_rows(6);
          CHECK(seen.rows == rows{"c public.t () (1, one)", "c public.t () (2, -)", "u public.t () (1, uno)",
                                  "u public.t (2, -) (3, -)", "d public.t (3, -) ()", "m p said"});
          CHECK(seen.keys.front() == "id");
        });
    CHECK(end.at.is_set());
    CHECK(bed.server.value("select count(*) from pg_publication where not pubtruncate and puballtables") ==
          "1");
  }
}
