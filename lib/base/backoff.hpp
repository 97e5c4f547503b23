#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace weir {

/// Capped exponential backoff with full jitter in the upper half: the n-th wait lies in
/// [base * 2^n / 2, base * 2^n], never above `cap`. Pure: it neither sleeps nor reads a clock.
class backoff {
 public:
  using milliseconds = std::chrono::milliseconds;

  backoff(milliseconds base, milliseconds cap, std::uint64_t seed = std::random_device{}())
      : base_(base), cap_(cap), random_(seed) {}

  /// The next wait; each call without `reset` waits longer.
  [[nodiscard]] milliseconds next();

  /// After a healthy period (not after a mere connect).
  void reset() { attempts_ = 0; }

  /// Waits handed out since the last reset.
  [[nodiscard]] unsigned attempts() const { return attempts_; }

 private:
  milliseconds base_;
  milliseconds cap_;
  unsigned attempts_ = 0;
  std::mt19937_64 random_;
};

}  // namespace weir
