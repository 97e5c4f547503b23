#pragma once

#include <async/byte_budget.hpp>
#include <event/record.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace weir::pipeline {

/// Counts what waits in lanes or is out, and takes it from the byte budget.
///
/// A report of success brings no headers back, and those that a target adds have any size. So they are counted
/// by the way that a record takes (a share's tag): one that ends gives its average back, the last one all the
/// rest.
class in_flight {
 public:
  explicit in_flight(async::byte_budget& budget) : budget_(budget) {}
  ~in_flight() { clear(); }
  in_flight(const in_flight&) = delete;
  in_flight& operator=(const in_flight&) = delete;

  void add(const event::record& what, std::uint16_t tag) {
    auto& way = way_of(tag);
    const auto headers = charge_of_headers(what);
    ++way.records;
    way.headers += headers;
    const auto size = event::charge(what) + headers;
    budget_.take(size);
    bytes_ += size;
    ++records_;
  }
  void remove(const event::record& what, std::uint16_t tag) {
    auto& way = way_of(tag);
    const auto headers = way.headers == 0 ? 0 : way.headers / way.records;
    way.headers -= headers;
    --way.records;
    const auto size = event::charge(what) + headers;
    budget_.release(size);
    bytes_ -= size;
    --records_;
  }
  /// Whether `size` more bytes may be put in by somebody who can wait. Alone it always fits.
  [[nodiscard]] bool has_room(bytes size) const {
    return records_ == 0 || budget_.used() + size <= budget_.limit();
  }
  void clear() {
    budget_.release(bytes_);
    ways_.clear();
    bytes_ = 0;
    records_ = 0;
  }

  [[nodiscard]] std::size_t records() const { return records_; }
  [[nodiscard]] bytes size() const { return bytes_; }

 private:
  struct way {
    std::size_t records = 0;
    bytes headers = 0;
  };

  /// Beyond position and run, which every record's overhead counts.
  static bytes charge_of_headers(const event::record& what) {
    constexpr std::size_t counted = 2;
    constexpr bytes overhead = 80;
    if (what.headers.size() <= counted) return 0;
    bytes size = 0;
    for (const auto& each : what.headers.subspan(counted))
      size += overhead + each.name.size() + each.value.size();
    return size + size / event::part_of_copies;
  }
  way& way_of(std::uint16_t tag) {
    if (tag >= ways_.size()) ways_.resize(std::size_t{tag} + 1);
    return ways_[tag];
  }

  async::byte_budget& budget_;
  std::vector<way> ways_;  ///< by tag
  std::size_t records_ = 0;
  bytes bytes_ = 0;
};

}  // namespace weir::pipeline
