#pragma once

#include <base/clock.hpp>
#include <base/log.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace weir::kafka {

/// Lets the library's lines into our log: the first of each kind at its own level, the rest counted for a
/// while. A broker that is away makes the library repeat itself with every attempt to connect.
class log_valve {
 public:
  struct line {
    log::level at;
    std::uint64_t held_back;  ///< lines of this kind since the last one that passed
  };

  /// `severity` is syslog's. Nothing: the line is held back.
  std::optional<line> pass(int severity, std::string_view kind, steady_time now);

 private:
  struct history {
    steady_time last;
    std::uint64_t held_back = 0;
  };
  std::map<std::string, history, std::less<>> by_kind_;
};

}  // namespace weir::kafka
