// What one decision of a filter takes, for a few filters and rows that differ from decision to decision.
//
//   --decisions N

#include "arguments.hpp"

#include <event/change.hpp>
#include <filter/bound_filter.hpp>

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::bench {
namespace {

/// `orders(id bigint, status text, price numeric, placed timestamptz, items jsonb)`, with the whole old row.
event::relation orders() {
  constexpr std::uint32_t int8 = 20;
  constexpr std::uint32_t text = 25;
  constexpr std::uint32_t timestamptz = 1184;
  constexpr std::uint32_t numeric = 1700;
  constexpr std::uint32_t jsonb = 3802;
  event::relation made;
  made.schema = "public";
  made.name = "orders";
  made.identity = event::replica_identity::full;
  made.columns = {{"id", int8, int8, -1, true},
                  {"status", text, text, -1, true},
                  {"price", numeric, numeric, -1, true},
                  {"placed", timestamptz, timestamptz, -1, true},
                  {"items", jsonb, jsonb, -1, true}};
  return made;
}

std::vector<event::value> row(std::string_view id, std::string_view status) {
  const auto text = [](std::string_view of) { return event::value{event::value::state::text, of}; };
  return {text(id), text(status), text("129.90"), text("2024-01-31 12:34:56.789012+00"),
          text(R"({"lines": [{"sku": "a", "count": 2}, {"sku": "b", "count": 1}], "gift": true})")};
}

void measure(std::string_view text, std::int64_t decisions) {
  const auto table = orders();
  auto compiled = filter::program::compile(text);
  auto bound = filter::bound_filter::bind(std::get<filter::program>(compiled), table);
  const auto& under_test = std::get<filter::bound_filter>(bound);

  event::transaction within;
  within.xid = 700;
  const std::array<std::vector<event::value>, 2> rows{row("1000017", "paid"), row("1000017", "open")};
  std::array<event::change, 4> changes{};
  for (std::size_t number = 0; number < changes.size(); ++number) {
    changes[number].op = event::operation::update;
    changes[number].within = &within;
    changes[number].table = &table;
    changes[number].before_is = event::old_row::full;
    changes[number].before = rows[number / 2];
    changes[number].after = rows[number % 2];
  }

  std::int64_t kept = 0;
  const auto before = std::chrono::steady_clock::now();
  for (std::int64_t done = 0; done < decisions; ++done) {
    const auto said = under_test.decide(changes[static_cast<std::size_t>(done) % changes.size()]);
    kept += said.is == filter::decision::kind::keep ? 1 : 0;
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - before;
  fmt::print("{:7.1f} ns  {:3.0f} % kept  {}\n", took.count() / static_cast<double>(decisions),
             100.0 * static_cast<double>(kept) / static_cast<double>(decisions), text);
}

void run(std::int64_t decisions) {
  constexpr std::array<std::string_view, 8> filters{
      "op == 'u'",
      "op == 'u' && new.status != old.status",
      "changed(new.status)",
      "new.status in ['open', 'sent', 'late'] && new.id > 1000",
      "new.price >= 100 && new.price < 1000",
      "new.placed > timestamp('2024-01-01T00:00:00Z')",
      "new.status.matches('^(open|late)$')",
      "new.items.lines.exists(line, line.sku == 'b' && line.count > 0)",
  };
  for (const auto each : filters) measure(each, decisions);
}

}  // namespace
}  // namespace weir::bench

int main(int count, char** words) try {
  weir::bench::run(weir::bench::arguments(count, words, 1).number("decisions"));
} catch (const std::exception& failure) {
  fmt::print(stderr, "filter_bench: {}\n", failure.what());
  return 1;
}
