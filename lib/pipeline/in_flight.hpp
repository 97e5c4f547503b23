#pragma once

#include <async/byte_budget.hpp>
#include <event/record.hpp>

#include <cstddef>

namespace weir::pipeline {

/// Counts what waits in lanes or is out, and takes it from the byte budget.
class in_flight {
 public:
  explicit in_flight(async::byte_budget& budget) : budget_(budget) {}
  ~in_flight() { clear(); }
  in_flight(const in_flight&) = delete;
  in_flight& operator=(const in_flight&) = delete;

  void add(const event::record& what) {
    const auto size = event::charge(what);
    budget_.take(size);
    bytes_ += size;
    ++records_;
  }
  void remove(const event::record& what) {
    const auto size = event::charge(what);
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
    bytes_ = 0;
    records_ = 0;
  }

  [[nodiscard]] std::size_t records() const { return records_; }
  [[nodiscard]] bytes size() const { return bytes_; }

 private:
  async::byte_budget& budget_;
  std::size_t records_ = 0;
  bytes bytes_ = 0;
};

}  // namespace weir::pipeline
