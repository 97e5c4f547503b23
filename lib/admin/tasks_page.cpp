#include <admin/tasks_page.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace weir::admin {
namespace {

namespace json = boost::json;

double seconds_between(steady_time from, steady_time to) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
  return static_cast<double>(std::max<decltype(milliseconds)>(milliseconds, 0)) / 1000.0;
}

void largest_first(std::vector<async::task_group>& groups) {
  std::sort(groups.begin(), groups.end(), [](const auto& left, const auto& right) {
    return left.count != right.count ? left.count > right.count : left.name < right.name;
  });
}

std::size_t total(const std::vector<async::task_group>& groups) {
  return std::accumulate(groups.begin(), groups.end(), std::size_t{0},
                         [](std::size_t sum, const auto& group) { return sum + group.count; });
}

std::string waits_in_words(const async::task_group& group) {
  std::vector<std::string> words;
  for (const auto& [what, count] : group.waits) {
    const std::string_view shown = what.empty() ? "running" : std::string_view{what};
    words.push_back(group.waits.size() == 1 ? std::string{shown} : fmt::format("{} ({})", shown, count));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace

std::string tasks_as_json(std::vector<async::task_group> groups, steady_time now) {
  largest_first(groups);
  json::array rows;
  for (const auto& group : groups) {
    json::object waits;
    for (const auto& [what, count] : group.waits) waits[what] = count;
    rows.push_back(json::object{{"name", group.name},
                                {"count", group.count},
                                {"oldest_seconds", seconds_between(group.oldest_start, now)},
                                {"last_resume_seconds", seconds_between(group.oldest_resume, now)},
                                {"waits", std::move(waits)}});
  }
  return json::serialize(json::object{{"tasks", total(groups)}, {"groups", std::move(rows)}}) + "\n";
}

std::string tasks_as_text(std::vector<async::task_group> groups, steady_time now) {
  largest_first(groups);
  std::size_t width = 4;
  for (const auto& group : groups) width = std::max(width, group.name.size());
  auto text = fmt::format("{} tasks\n\n{:<{}}  {:>5}  {:>10}  {:>11}  {}\n", total(groups), "name", width,
                          "count", "oldest", "last resume", "waits for");
  for (const auto& group : groups) {
    text += fmt::format("{:<{}}  {:>5}  {:>8.1f} s  {:>9.1f} s  {}\n", group.name, width, group.count,
                        seconds_between(group.oldest_start, now), seconds_between(group.oldest_resume, now),
                        waits_in_words(group));
  }
  return text;
}

}  // namespace weir::admin
