#pragma once

#include <kafka/figures.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace weir::kafka {

/// What one handle's statistics document says (librdkafka's STATISTICS.md).
struct handle_statistics {
  std::uint64_t queued_records = 0;
  bytes queued_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
  std::vector<broker_figures> brokers;
};

/// Nothing when it is not JSON. A field that is not there counts as 0: statistics never end anything.
[[nodiscard]] std::optional<handle_statistics> read_statistics(std::string_view document);

}  // namespace weir::kafka
