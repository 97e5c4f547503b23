#include <kafka/log_valve.hpp>

namespace weir::kafka {
namespace {

constexpr auto quiet_time = std::chrono::seconds{30};
constexpr int syslog_warning = 4;
constexpr int syslog_info = 6;

}  // namespace

std::optional<log_valve::line> log_valve::pass(int severity, std::string_view kind, steady_time now) {
  // The library's errors are about connections that it makes again by itself: for us they are warnings.
  const auto at = severity <= syslog_warning ? log::level::warn : log::level::debug;
  if (severity > syslog_info) return line{log::level::debug, 0};
  auto found = by_kind_.find(kind);
  if (found == by_kind_.end()) {
    by_kind_.emplace(std::string{kind}, history{now, 0});
    return line{at, 0};
  }
  if (now - found->second.last < quiet_time) {
    ++found->second.held_back;
    return std::nullopt;
  }
  const auto held_back = found->second.held_back;
  found->second = history{now, 0};
  return line{at, held_back};
}

}  // namespace weir::kafka
