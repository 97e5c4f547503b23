#pragma once

#include <base/clock.hpp>
#include <event/change.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weir::encode {

/// `xid:lsn` with the LSN that BEGIN announces, in decimal: the same for BEGIN, END and the events between.
[[nodiscard]] std::string transaction_id(const event::transaction& of);

/// A record of the transaction topic, which tells where transactions begin and end.
struct transaction_record {
  std::string key;
  std::string value;
};

/// How many events of one table a transaction had.
struct collection_count {
  std::string name;  ///< `schema.table`
  std::uint64_t events = 0;
};

/// `at` is the commit time, for both.
[[nodiscard]] transaction_record transaction_begin(std::string_view id, wall_time at);
[[nodiscard]] transaction_record transaction_end(std::string_view id, wall_time at,
                                                 std::span<const collection_count> tables);

/// The same beside its schema, as Kafka Connect's JsonConverter has it.
[[nodiscard]] transaction_record with_schema(const transaction_record& of);

}  // namespace weir::encode
