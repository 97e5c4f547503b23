#include <postgres/pacing.hpp>

#include <algorithm>

namespace weir::postgres {
namespace {

constexpr std::chrono::microseconds longest_round_trip{1000};
constexpr bytes small_window = 64 * kibibyte;
/// Less than this part of a window is no backlog.
constexpr bytes parts_of_backlog = 16;

constexpr double nearly_full = 0.75;
constexpr double forgetting = 0.98;
constexpr double longer = 1.25;
constexpr double shorter = 0.9;

}  // namespace

std::optional<bytes> pacing::window_for(std::optional<std::chrono::microseconds> round_trip) {
  if (!round_trip || *round_trip >= longest_round_trip) return std::nullopt;
  return small_window;
}

pacing::duration pacing::pause_after(bytes size) {
  if (size < window_ / parts_of_backlog) return duration::zero();
  const auto gulp = static_cast<double>(size);
  fullest_ = std::max(gulp, fullest_ * forgetting);
  const auto next = static_cast<double>(pause_.count()) * (gulp < fullest_ * nearly_full ? longer : shorter);
  pause_ = std::clamp(duration{static_cast<duration::rep>(next)}, shortest_pause, longest_pause);
  return pause_;
}

}  // namespace weir::postgres
