#pragma once

#include <base/clock.hpp>
#include <base/lsn.hpp>
#include <filter/decision.hpp>
#include <filter/problem.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

namespace weir::filter {

/// What a filter on transactions can ask about. Views: they live until `decide` returns.
struct transaction_facts {
  struct counted {
    std::string_view name;  ///< `schema.table`, or an operation's letter as `event::operation` has it
    std::uint64_t count = 0;
  };

  std::uint32_t xid = 0;
  lsn commit;  ///< the LSN that BEGIN announces
  wall_time commit_time;
  std::uint64_t count = 0;  ///< changes of the group
  std::span<const counted> tables;
  std::span<const counted> operations;
};

/// A compiled filter on whole transactions, like `tables["public.orders"] > 3 && !("d" in operations)`.
/// Movable; belongs to one loop, as a bound_filter does.
class transaction_filter {
 public:
  /// All mistakes that can be found, or the filter. Never throws but for want of memory.
  [[nodiscard]] static std::variant<transaction_filter, problems> compile(std::string_view text);

  transaction_filter(transaction_filter&&) noexcept;
  transaction_filter& operator=(transaction_filter&&) noexcept;
  ~transaction_filter();

  /// Never throws. Bounded as a bound_filter is.
  [[nodiscard]] decision decide(const transaction_facts& of) const noexcept;

  [[nodiscard]] std::string_view text() const noexcept;

 private:
  struct state;
  explicit transaction_filter(std::unique_ptr<state> made);

  std::unique_ptr<state> state_;
};

}  // namespace weir::filter
