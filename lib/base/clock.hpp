#pragma once

#include <chrono>
#include <cstdint>

namespace weir {

/// Every decision class takes `now` as an argument of this type; only coroutines read the clock.
using steady_clock = std::chrono::steady_clock;
using steady_time = steady_clock::time_point;

/// PostgreSQL's and Kafka's wall clock, microseconds since 1970-01-01 00:00:00 UTC.
using wall_time = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

[[nodiscard]] inline wall_time wall_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// Since 1970, as records and their headers say it.
[[nodiscard]] inline std::int64_t milliseconds_of(wall_time at) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

}  // namespace weir
