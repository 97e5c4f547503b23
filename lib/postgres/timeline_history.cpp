#include <postgres/timeline_history.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include <base/failure.hpp>

namespace weir::postgres {
namespace {

/// The next word of a line; words are separated by tabs or spaces.
std::string_view take_word(std::string_view& line) {
  const auto begin = line.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return line = {};
  line.remove_prefix(begin);
  const auto word = line.substr(0, line.find_first_of(" \t\r"));
  line.remove_prefix(word.size());
  return word;
}

std::optional<std::uint32_t> parse_timeline(std::string_view word) {
  std::uint32_t timeline = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), timeline);
  if (error != std::errc{} || end != word.data() + word.size() || timeline == 0) return std::nullopt;
  return timeline;
}

}  // namespace

timeline_history timeline_history::parse(std::string_view content) {
  timeline_history history;
  while (!content.empty()) {
    const auto line = content.substr(0, content.find('\n'));
    content.remove_prefix(std::min(line.size() + 1, content.size()));
    auto rest = line;
    const auto first = take_word(rest);
    if (first.empty() || first.front() == '#') continue;
    const auto timeline = parse_timeline(first);
    const auto left_at = lsn::parse(take_word(rest));
    if (!timeline || !left_at) {
      throw failure{
          verdict::corrupt, "timeline_history",
          fmt::format("the server's timeline history has a line that Weir does not understand: `{}`", line)};
    }
    history.steps_.push_back({*timeline, *left_at});
  }
  return history;
}

std::optional<lsn> timeline_history::switch_point(std::uint32_t timeline) const {
  for (const auto& each : steps_) {
    if (each.timeline == timeline) return each.left_at;
  }
  return std::nullopt;
}

}  // namespace weir::postgres
