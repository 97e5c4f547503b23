#pragma once

#include <fmt/format.h>

#include <string_view>

/// Logging by the program's own words; spdlog does the work behind log.cpp and is seen nowhere else.
/// A line tells a change of state with its object and its numbers. Never one per record, never a secret.
namespace weir::log {

enum class level { debug, info, warn, error };
enum class format { text, json };

/// Called once by the program before any line is written. Lines go to standard error.
void configure(level least, format form);

[[nodiscard]] bool enabled(level at);
void write(level at, std::string_view line);

template <class... Args>
void debug(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(level::debug)) write(level::debug, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(level::info)) write(level::info, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warn(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(level::warn)) write(level::warn, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> text, Args&&... args) {
  write(level::error, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace weir::log
