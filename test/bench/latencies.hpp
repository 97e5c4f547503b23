#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace weir::bench {

/// Microseconds since 1970, the clock of PostgreSQL's clock_timestamp() on the same machine.
[[nodiscard]] inline std::int64_t wall_microseconds() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

/// Seconds of CLOCK_MONOTONIC, the clock of Python's time.monotonic().
[[nodiscard]] inline double monotonic_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Microseconds that single changes took.
class latencies {
 public:
  void add(std::int64_t microseconds) { all_.push_back(microseconds); }

  /// JSON object: count, and milliseconds at the percentiles. The first tenth, when everything is cold, is left
  /// out.
  [[nodiscard]] std::string json() const {
    auto sorted =
        std::vector<std::int64_t>(all_.begin() + static_cast<std::ptrdiff_t>(all_.size() / 10), all_.end());
    std::ranges::sort(sorted);
    const auto at = [&](double share) {
      if (sorted.empty()) return 0.0;
      const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
      return static_cast<double>(sorted[index]) / 1000.0;
    };
    return fmt::format(R"({{"count":{},"p50":{:.3f},"p90":{:.3f},"p99":{:.3f},"p999":{:.3f},"max":{:.3f}}})",
                       all_.size(), at(0.5), at(0.9), at(0.99), at(0.999), at(1.0));
  }

 private:
  std::vector<std::int64_t> all_;
};

}  // namespace weir::bench
