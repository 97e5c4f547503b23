#include <postgres/pacing.hpp>

#include <algorithm>

namespace weir::postgres {
namespace {

constexpr std::chrono::microseconds longest_round_trip{1000};
constexpr bytes small_window = 64 * kibibyte;
/// A stream that brings less than this part of a window within the longest cycle is quiet.
constexpr bytes parts_of_backlog = 16;

/// libpq's input buffer, unless a larger row has made it grow (fe-connect.c).
constexpr double usual_read = 16.0 * kibibyte;
constexpr double nearly_full = 0.75;
/// How fast a smaller window is forgotten, with each read.
constexpr double forgetting = 1.001;
/// In balance about a quarter of the reads are less than nearly full.
constexpr double longer = 1.1;
constexpr double shorter = 0.97;

/// A timer takes about this long by itself.
constexpr pacing::duration least_rest = std::chrono::microseconds{10};

}  // namespace

std::optional<bytes> pacing::window_for(std::optional<std::chrono::microseconds> round_trip) {
  if (!round_trip || *round_trip >= longest_round_trip) return std::nullopt;
  return small_window;
}

pacing::pacing(bytes window) : window_(window), full_read_(usual_read) {}

pacing::duration pacing::pause_after(steady_time now, bytes size) {
  auto rest = duration::zero();
  if (is_backlog(now, size)) {
    learn(static_cast<double>(size));
    // The time that it took to use up the last read has let the window fill as well as a rest would.
    const auto left = cycle_ - std::min<duration>(now - last_read_, cycle_);
    if (left >= least_rest) rest = left;
  }
  last_read_ = now + rest;
  return rest;
}

bool pacing::is_backlog(steady_time now, bytes size) {
  // By rate and not by the size of a read: who reads at once gets single messages of a backlog too.
  counted_ += size;
  const auto elapsed = now - since_;
  if (elapsed < longest_cycle) return is_backlog_;
  const auto within_cycle =
      static_cast<double>(counted_) * std::chrono::duration<double>(longest_cycle) / elapsed;
  is_backlog_ = within_cycle >= static_cast<double>(window_ / parts_of_backlog);
  since_ = now;
  counted_ = 0;
  return is_backlog_;
}

void pacing::learn(double size) {
  const bool is_full = size >= full_read_ * nearly_full;
  // After the longest cycle more does not come: the window holds no more, or the sender is no faster.
  if (!is_full && cycle_ >= longest_cycle) full_read_ = size;
  full_read_ = std::min(usual_read, full_read_ * forgetting);
  const auto next = static_cast<double>(cycle_.count()) * (is_full ? shorter : longer);
  cycle_ = std::clamp(duration{static_cast<duration::rep>(next)}, shortest_cycle, longest_cycle);
}

}  // namespace weir::postgres
