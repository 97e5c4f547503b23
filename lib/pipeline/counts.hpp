#pragma once

#include <event/change.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// Plain counts for the hot path; metrics copy them when they are scraped.
namespace weir::pipeline {

/// A count for each operation; iterates as pairs of the operation's letter and its count.
class by_operation {
 public:
  using entry = std::pair<char, std::uint64_t>;

  void add(event::operation which) { ++all_[place_of(which)].second; }
  [[nodiscard]] std::uint64_t of(event::operation which) const { return all_[place_of(which)].second; }
  [[nodiscard]] auto begin() const { return all_.begin(); }
  [[nodiscard]] auto end() const { return all_.end(); }

 private:
  static constexpr std::size_t place_of(event::operation which) {
    switch (which) {
      case event::operation::create:
        return 0;
      case event::operation::update:
        return 1;
      case event::operation::remove:
        return 2;
      case event::operation::truncate:
        return 3;
      case event::operation::message:
        return 4;
      case event::operation::read:
        return 5;
    }
    return 0;
  }

  std::array<entry, 6> all_{{{'c', 0}, {'u', 0}, {'d', 0}, {'t', 0}, {'m', 0}, {'r', 0}}};
};

/// Of all listeners and targets together.
struct flow_counts {
  by_operation taken;           ///< changes that became records
  by_operation filtered;        ///< changes that nobody wanted
  std::uint64_t known = 0;      ///< changes that an earlier run had delivered
  std::uint64_t delivered = 0;  ///< records
  std::uint64_t dead_lettered = 0;
  std::uint64_t dropped = 0;
  std::map<std::string, std::uint64_t, std::less<>> errors;  ///< reports and refusals by code
};

/// Delivery latencies by the buckets of weir_delivery_seconds, the last one without a bound.
struct latencies {
  std::vector<double> buckets;
  double seconds = 0;
};

}  // namespace weir::pipeline
