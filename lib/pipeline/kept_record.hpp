#pragma once

#include <event/record.hpp>

#include <cstddef>
#include <memory>

namespace weir::pipeline {

/// A record with its bytes, all in one piece of memory: what waits in a lane.
class kept_record {
 public:
  explicit kept_record(const event::record& of);

  /// Valid as long as this object or the one that it was moved to.
  [[nodiscard]] const event::record& view() const { return view_; }

 private:
  std::unique_ptr<std::byte[]> memory_;  ///< headers first, because they need alignment; then all text
  event::record view_;
};

}  // namespace weir::pipeline
