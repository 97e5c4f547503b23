#pragma once

#include <support/weir_process.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace weir::fault {

#ifdef NDEBUG
/// Figures of memory mean something in an optimised build only.
inline constexpr bool is_release = true;
#else
inline constexpr bool is_release = false;
#endif

/// Figures of a process over its life.
class lifetime {
 public:
  struct sample {
    double at = 0;  ///< whatever the caller counts in: seconds, tables
    double resident_kib = 0;
    double descriptors = 0;
    double threads = 0;
    double tasks = 0;
  };

  void look(const support::weir_process& weir, double at);

  /// Least-squares slope of the samples' second half, in KiB for each of what the caller counts in.
  [[nodiscard]] double memory_slope() const;
  /// By how much the least memory of the second half, in KiB, is above that of the first.
  [[nodiscard]] double growth_of_least() const;
  /// The largest difference of any two samples of the second half.
  [[nodiscard]] double spread(double sample::* of) const;
  [[nodiscard]] std::string describe(const std::string& unit) const;

 private:
  [[nodiscard]] std::vector<sample> second_half() const;

  std::vector<sample> samples_;
};

}  // namespace weir::fault
