#pragma once

#include <filter/checker.hpp>
#include <filter/evaluator.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weir::filter::testing {

/// A variable with a value, for expressions of any result.
struct binding {
  std::string name;
  type is;
  value holds;
};

/// Parses, checks and evaluates one expression and owns all that its value refers to.
class expression : public surroundings {
 public:
  explicit expression(std::string_view text, std::vector<binding> bindings = {}, bool is_strict = true)
      : bindings_(std::move(bindings)) {
    auto parsed = parse(text);
    if (auto* const mistake = std::get_if<problem>(&parsed)) {
      problems_.push_back(std::move(*mistake));
      return;
    }
    environment within;
    for (const auto& each : bindings_) within.variables.push_back({each.name, each.is, {}, {}});
    within.must_be_bool = false;
    within.is_strict = is_strict;
    auto result = check(std::get<std::shared_ptr<syntax_tree>>(std::move(parsed)), within);
    problems_ = std::move(result.found);
    if (problems_.empty()) plan_ = std::move(result.made);
  }

  [[nodiscard]] const problems& mistakes() const { return problems_; }

  /// An error value when the text was refused.
  [[nodiscard]] value result() { return plan_ ? evaluate(*plan_, *this, scratch_) : error(fault::wrong_kind); }

  [[nodiscard]] std::string explanation(const value& of) const { return plan_ ? plan_->explain(of) : ""; }

  [[nodiscard]] value variable(std::uint32_t number, scratch& /*with*/) const override {
    return bindings_[number].holds;
  }

 private:
  std::vector<binding> bindings_;
  problems problems_;
  std::unique_ptr<plan> plan_;
  scratch scratch_;
};

}  // namespace weir::filter::testing
