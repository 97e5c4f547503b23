#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::filter {

/// Counts down what one evaluation may still do, so that no row and no expression keeps the loop. A unit is
/// about a step of the evaluator; reading bytes costs a unit for each `bytes_per_unit`.
class work {
 public:
  static constexpr std::int64_t limit = 2'000'000;
  static constexpr std::size_t bytes_per_unit = 64;

  /// False: enough was done.
  [[nodiscard]] bool take(std::size_t units = 1) {
    left_ -= static_cast<std::int64_t>(units);
    return left_ >= 0;
  }
  [[nodiscard]] bool take_bytes(std::size_t bytes) { return take(bytes / bytes_per_unit); }
  [[nodiscard]] bool is_spent() const { return left_ < 0; }

 private:
  std::int64_t left_ = limit;
};

}  // namespace weir::filter
