#include <pipeline/breaker.hpp>

#include <base/log.hpp>

#include <fmt/chrono.h>

namespace weir::pipeline {

void breaker::on_good_report(steady_time now) {
  last_report_ = now;
  if (state_ == state::closed) return;
  log::info("the breaker closes: the target takes records again");
  state_ = state::closed;
  why_.clear();
  probes_.reset();
}

void breaker::on_unreachable(steady_time now, std::string_view why) { open(now, why); }

void breaker::on_reachable(steady_time now) {
  if (state_ != state::open) return;
  log::info("the breaker is half open: the target answers again");
  state_ = state::half_open;
  last_report_ = now;
}

bool breaker::tick(steady_time now, std::size_t outstanding) {
  if (outstanding == 0 && state_ != state::open) last_report_ = now;
  if (state_ != state::open && outstanding > 0 && now - last_report_ >= stall_after_) {
    open(now, fmt::format("{} records are out and none was reported for {} s", outstanding,
                          std::chrono::duration_cast<std::chrono::seconds>(now - last_report_).count()));
  }
  if (state_ != state::open || now < next_probe_) return false;
  next_probe_ = now + probes_.next();
  return true;
}

void breaker::open(steady_time now, std::string_view why) {
  if (state_ == state::open) return;
  log::warn("the breaker opens: {}", why);
  state_ = state::open;
  why_ = why;
  ++opened_times_;
  next_probe_ = now + probes_.next();
}

const char* to_string(breaker::state is) {
  switch (is) {
    case breaker::state::closed:
      return "closed";
    case breaker::state::open:
      return "open";
    case breaker::state::half_open:
      return "half_open";
  }
  return "unknown";
}

}  // namespace weir::pipeline
