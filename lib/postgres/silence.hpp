#pragma once

#include <base/clock.hpp>

#include <optional>

namespace weir::postgres {

/// Whether a server that was asked to answer keeps silent. A reader that does not read hears nothing, so the
/// time that it waits for room does not count. Pure.
class silence {
 public:
  explicit silence(steady_clock::duration bound) : bound_(bound) {}

  void on_question(steady_time now) {
    if (!since_) since_ = now;
  }
  void on_message() { since_.reset(); }
  void on_deaf() { is_deaf_ = true; }
  void on_listening(steady_time now) {
    is_deaf_ = false;
    if (since_) since_ = now;
  }

  /// When the silence is too long; steady_time::max() while nothing is asked or nobody listens.
  [[nodiscard]] steady_time due() const { return since_ && !is_deaf_ ? *since_ + bound_ : steady_time::max(); }
  [[nodiscard]] bool is_too_long(steady_time now) const { return now >= due(); }

 private:
  steady_clock::duration bound_;
  std::optional<steady_time> since_;
  bool is_deaf_ = false;
};

}  // namespace weir::postgres
