#include <kafka/departure.hpp>

#include <algorithm>

namespace weir::kafka {
namespace {

/// Shorter times say nothing about a rate: records come in gulps.
constexpr departure::duration least_measured = std::chrono::milliseconds{1};

}  // namespace

departure::next_look departure::look(steady_time now, const progress& so_far) {
  measure(now, so_far.size);
  if (so_far.answered != answered_) {
    answered_ = so_far.answered;
    patience_ = shortest_patience;
  }
  if (so_far.taken == so_far.answered) {
    waiting_since_.reset();
    return {.at = steady_time::max(), .on_take = true};
  }
  const auto again = left_at_ + patience_;
  if (so_far.taken == left_) return {.at = again, .on_take = true};
  if (!waiting_since_) waiting_since_ = now;
  const bool is_under_way = so_far.answered < left_;
  if (is_busy_) {
    // While nothing comes back an order to leave makes the library poll for nothing.
    const bool moves = !is_under_way || so_far.answered != answered_before_;
    if (moves) return {.at = *waiting_since_ + longest_wait};
  }
  if (is_under_way) return {.at = again, .on_answer = true};
  return {.at = now};
}

void departure::left(steady_time now, const progress& so_far) {
  const bool is_first = left_ != so_far.taken;
  patience_ = is_first ? shortest_patience : std::min(patience_ * 2, longest_patience);
  left_ = so_far.taken;
  answered_before_ = so_far.answered;
  left_at_ = now;
  waiting_since_.reset();
}

void departure::measure(steady_time now, bytes size) {
  const auto elapsed = now - measured_at_;
  if (elapsed < least_measured) return;
  const auto within = static_cast<double>(size - measured_size_) *
                      (std::chrono::duration<double>(worth_waiting) / std::chrono::duration<double>(elapsed));
  is_busy_ = within >= static_cast<double>(batch_ / parts_of_batch);
  measured_at_ = now;
  measured_size_ = size;
}

}  // namespace weir::kafka
