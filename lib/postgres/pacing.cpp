#include <postgres/pacing.hpp>

#include <algorithm>

namespace weir::postgres {
namespace {

constexpr std::chrono::microseconds longest_round_trip{1000};
constexpr bytes small_window = 64 * kibibyte;
/// A stream that brings less than this part of a window within the longest pause is quiet.
constexpr bytes parts_of_backlog = 16;

constexpr int gulps_between_probes = 256;
constexpr double nearly_full = 0.8;
/// In balance about a quarter of the gulps are less than nearly full.
constexpr double longer = 1.1;
constexpr double shorter = 0.97;

}  // namespace

std::optional<bytes> pacing::window_for(std::optional<std::chrono::microseconds> round_trip) {
  if (!round_trip || *round_trip >= longest_round_trip) return std::nullopt;
  return small_window;
}

pacing::duration pacing::pause_after(steady_time now, bytes size) {
  if (!is_backlog(now, size)) {
    is_probing_ = false;
    return duration::zero();
  }
  learn(static_cast<double>(size));
  is_probing_ = capacity_ == 0 || ++since_probe_ >= gulps_between_probes;
  if (!is_probing_) return pause_;
  since_probe_ = 0;
  return longest_pause;
}

bool pacing::is_backlog(steady_time now, bytes size) {
  // By rate and not by the size of a gulp: who reads at once gets single messages of a backlog too.
  counted_ += size;
  const auto elapsed = now - since_;
  if (elapsed < longest_pause) return is_backlog_;
  const auto within_pause =
      static_cast<double>(counted_) * std::chrono::duration<double>(longest_pause) / elapsed;
  is_backlog_ = within_pause >= static_cast<double>(window_ / parts_of_backlog);
  since_ = now;
  counted_ = 0;
  return is_backlog_;
}

void pacing::learn(double gulp) {
  if (is_probing_) {
    capacity_ = capacity_ == 0 ? gulp : (capacity_ + gulp) / 2;
    return;
  }
  if (capacity_ == 0) return;
  const auto next = static_cast<double>(pause_.count()) * (gulp < capacity_ * nearly_full ? longer : shorter);
  pause_ = std::clamp(duration{static_cast<duration::rep>(next)}, shortest_pause, longest_pause);
}

}  // namespace weir::postgres
