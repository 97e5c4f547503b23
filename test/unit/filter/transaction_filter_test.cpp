#include "changes.hpp"

#include <filter/transaction_filter.hpp>

#include <array>

namespace weir::filter::testing {

TEST_CASE("a filter on transactions sees tables, operations, counts and time") {
  const std::array<transaction_facts::counted, 2> tables{{{"public.orders", 5}, {"public.items", 1}}};
  const std::array<transaction_facts::counted, 2> operations{{{"c", 4}, {"d", 2}}};
  const event::transaction within = transaction();
  const transaction_facts facts{within.xid, within.final_lsn, within.commit_time, 6, tables, operations};
  const auto decide = [&](std::string_view text) {
    auto made = transaction_filter::compile(text);
    if (const auto* const found = std::get_if<problems>(&made)) return found->front().what;
    CHECK(std::get<transaction_filter>(made).text() == text);
    return said(std::get<transaction_filter>(made).decide(facts));
  };
  CHECK(decide("tables['public.orders'] > 3 && 'd' in operations") == "keep");
  CHECK(decide("'public.customers' in tables") == "drop");
  CHECK(decide("tables['public.customers'] > 3") == "line 1, column 7: there is no such key");
  CHECK(decide("'public.customers' in tables && tables['public.customers'] > 3") == "drop");
  CHECK(decide("tables.exists(name, name.startsWith('public.') && tables[name] == 1)") == "keep");
  CHECK(decide("count == 6 && txid == 555 && lsn == lsn('16/B374D848') && size(tables) == 2") == "keep");
  CHECK(decide("commit_time.getFullYear() == 2019 && operations.c == 4") == "keep");
  CHECK(decide("operations.all(op, op in ['c', 'u'])") == "drop");
}

}  // namespace weir::filter::testing
