#pragma once

#include <cstdint>
#include <string_view>

namespace weir::encode {

/// Where an event stands in its transaction: what Debezium calls transaction metadata.
struct transaction_order {
  std::string_view id;                      ///< see transaction_id
  std::uint64_t total_order = 1;            ///< 1, 2, ... over the transaction's events
  std::uint64_t data_collection_order = 1;  ///< 1, 2, ... over those of the same table
};

}  // namespace weir::encode
