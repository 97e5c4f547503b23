#include "changes.hpp"

#include <cstdlib>
#include <new>

namespace {
std::size_t allocations = 0;
}

// Counts for this executable only; the tests of the folder run in one thread.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
  if (void* made = operator new(size, std::nothrow); made != nullptr) return made;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return operator new(size, std::nothrow);
}
void operator delete(void* made) noexcept { std::free(made); }
void operator delete(void* made, std::size_t) noexcept { std::free(made); }
void operator delete[](void* made) noexcept { std::free(made); }
void operator delete[](void* made, std::size_t) noexcept { std::free(made); }

namespace weir::filter::testing {

TEST_CASE("000-7 a decision in the steady state costs no allocation") {
  const auto table = testing::table({{"id", oid::int4},
                                     {"status"},
                                     {"price", oid::numeric},
                                     {"placed", oid::timestamptz},
                                     {"tags", 1009},
                                     {"body", oid::jsonb}},
                                    event::replica_identity::full);
  const row after{text("1"),
                  text("paid"),
                  text("129.90"),
                  text("2024-01-31 12:34:56.789012+00"),
                  text("{new,\"a, b\"}"),
                  text(R"({"lines": [{"sku": "a", "count": 2}]})")};
  auto before = after;
  before[1] = text("open");
  const auto change = updated_fully(before, after);
  for (const auto* const filter :
       {"op == 'u' && new.status != old.status", "changed(new.status) && new.id in [1, 2, 3]",
        "new.price >= 100 && new.price < 129.95", "new.placed > timestamp('2024-01-01T00:00:00Z')",
        "'a, b' in new.tags", "(new.status + '!').endsWith('d!') && [new.id, 2].exists(n, n == 2)",
        "new.body.lines.exists(line, line.sku == 'a' && line.count > 1)"}) {
    INFO(filter);
    const auto under_test = bound(filter, table);
    REQUIRE(said(under_test.decide(change.what)) == "keep");
    const auto before_it = allocations;
    const auto decided = under_test.decide(change.what);
    CHECK(allocations == before_it);
    CHECK(decided.is == decision::kind::keep);
  }
}

}  // namespace weir::filter::testing
