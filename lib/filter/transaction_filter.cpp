#include <filter/checker.hpp>
#include <filter/decide.hpp>
#include <filter/transaction_filter.hpp>
#include <filter/variables.hpp>

#include <chrono>
#include <limits>
#include <utility>

namespace weir::filter {

struct transaction_filter::state {
  std::unique_ptr<const plan> checked_plan;
  mutable scratch memory;
};

namespace {

value count_of(std::uint64_t number) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  return number <= most ? integer(static_cast<std::int64_t>(number)) : error(fault::overflow);
}

/// What a transaction filter sees.
class transaction_surroundings final : public surroundings {
 public:
  explicit transaction_surroundings(const transaction_facts& of) : of_(of) {}

  [[nodiscard]] value variable(std::uint32_t number, scratch& with) const override {
    switch (static_cast<transaction_variable>(number)) {
      case transaction_variable::txid:
        return integer(of_.xid);
      case transaction_variable::lsn:
        return unsigned_integer(of_.commit.value());
      case transaction_variable::commit_time:
        return commit_time();
      case transaction_variable::count:
        return count_of(of_.count);
      case transaction_variable::tables:
        return counts(of_.tables, with);
      case transaction_variable::operations:
        return counts(of_.operations, with);
    }
    return error(fault::no_row);
  }

 private:
  [[nodiscard]] value commit_time() const {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(of_.commit_time);
    const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(of_.commit_time - seconds);
    return timestamp(seconds.time_since_epoch().count(), static_cast<std::uint32_t>(rest.count()));
  }

  static value counts(std::span<const transaction_facts::counted> of, scratch& with) {
    if (!with.budget.take(of.size())) return error(fault::too_much_work);
    auto* const entries = with.memory.array<entry>(of.size());
    if (entries == nullptr) return error(fault::too_much_memory);
    for (std::size_t number = 0; number < of.size(); ++number)
      entries[number] = {string(of[number].name), count_of(of[number].count)};
    return map(entries, static_cast<std::uint32_t>(of.size()));
  }

  const transaction_facts& of_;
};

}  // namespace

std::variant<transaction_filter, problems> transaction_filter::compile(std::string_view text) {
  auto parsed = parse(text);
  if (auto* const mistake = std::get_if<problem>(&parsed)) return problems{std::move(*mistake)};
  auto result = check(std::get<std::shared_ptr<syntax_tree>>(std::move(parsed)), transaction_environment());
  if (!result.found.empty()) return std::move(result.found);
  auto made = std::make_unique<state>();
  made->checked_plan = std::move(result.made);
  return transaction_filter(std::move(made));
}

transaction_filter::transaction_filter(std::unique_ptr<state> made) : state_(std::move(made)) {}
transaction_filter::transaction_filter(transaction_filter&&) noexcept = default;
transaction_filter& transaction_filter::operator=(transaction_filter&&) noexcept = default;
transaction_filter::~transaction_filter() = default;

decision transaction_filter::decide(const transaction_facts& of) const noexcept {
  return filter::decide(*state_->checked_plan, transaction_surroundings(of), state_->memory);
}

std::string_view transaction_filter::text() const noexcept { return state_->checked_plan->source->text; }

}  // namespace weir::filter
