#pragma once

#include "bed.hpp"

#include <cstdint>
#include <string>

namespace weir::fault {

/// A weir that has delivered some mixed load and came to rest; then the test starts more of it, harms
/// something, and asks for the recovery.
class running {
 public:
  running(fault::bed& on, const bed::variables& environment);

  /// Waits until /ready is red and its reason holds `text`.
  void wait_for_reason(const std::string& text);

  /// The load ends, weir is ready again, everything arrives, nothing is left behind, the stop is clean, and the
  /// oracle is content. `spare_connections`: what librdkafka may keep open to bootstrap servers that it did not
  /// need before.
  void check_recovery(std::uint64_t spare_connections = 0);

 private:
  fault::bed& bed_;

 public:
  support::mixed_load load;
  support::weir_process weir;
  footprint before;  ///< at rest, before anything was harmed
};

}  // namespace weir::fault
