#include "lifetime.hpp"

#include "../bed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace weir::fault {

void lifetime::look(const support::weir_process& weir, double at) {
  const auto known = support::figures_of(weir.pid());
  const auto tasks = bed::figures_now(weir).tasks;
  const auto sum = std::accumulate(tasks.begin(), tasks.end(), 0,
                                   [](int before, const auto& each) { return before + each.second; });
  samples_.push_back({at, static_cast<double>(known.resident_bytes) / 1024,
                      static_cast<double>(known.descriptors), static_cast<double>(known.threads),
                      static_cast<double>(sum)});
}

std::vector<lifetime::sample> lifetime::second_half() const {
  return {samples_.begin() + static_cast<std::ptrdiff_t>(samples_.size() / 2), samples_.end()};
}

double lifetime::memory_slope() const {
  const auto half = second_half();
  const auto count = static_cast<double>(half.size());
  double x = 0;
  double y = 0;
  double xx = 0;
  double xy = 0;
  for (const auto& each : half) {
    x += each.at;
    y += each.resident_kib;
    xx += each.at * each.at;
    xy += each.at * each.resident_kib;
  }
  const auto below = count * xx - x * x;
  return below == 0 ? 0 : (count * xy - x * y) / below;
}

double lifetime::growth_of_least() const {
  const auto is_less = [](const sample& a, const sample& b) { return a.resident_kib < b.resident_kib; };
  const auto middle = samples_.begin() + static_cast<std::ptrdiff_t>(samples_.size() / 2);
  if (middle == samples_.begin()) return 0;
  return std::min_element(middle, samples_.end(), is_less)->resident_kib -
         std::min_element(samples_.begin(), middle, is_less)->resident_kib;
}

double lifetime::spread(double sample::* of) const {
  const auto half = second_half();
  const auto [least, most] = std::minmax_element(half.begin(), half.end(),
                                                 [of](const auto& a, const auto& b) { return a.*of < b.*of; });
  return half.empty() ? 0 : (*most).*of - (*least).*of;
}

std::string lifetime::describe(const std::string& unit) const {
  std::string text;
  const auto shown = std::max<std::size_t>(1, samples_.size() / 10);
  for (std::size_t n = 0; n < samples_.size(); n += shown) {
    const auto& each = samples_[n];
    text += fmt::format("{:.0f} {}: {:.0f} KiB, {} tasks, {} descriptors, {} threads\n", each.at, unit,
                        each.resident_kib, each.tasks, each.descriptors, each.threads);
  }
  return text + fmt::format("second half: {:+.3f} KiB per {}, tasks within {}, descriptors within {}",
                            memory_slope(), unit, spread(&sample::tasks), spread(&sample::descriptors));
}

}  // namespace weir::fault
