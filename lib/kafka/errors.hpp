#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weir::kafka {

/// What an error code of librdkafka means for a record. `code` numbers are rd_kafka_resp_err_t's: negative ones
/// are the library's own, positive ones Kafka's.
enum class meaning : std::uint8_t {
  none,     ///< no error
  full,     ///< the library's queue has no room: backpressure
  missing,  ///< the topic or partition is not there (any more): it is made again, the record comes with a
            ///< replay
  passing,  ///< brokers, leaders, coordinators, quotas: a state of the cluster, never the record's fault
  guilty,   ///< the broker will never take this record, or one that shares its batch
  denied,  ///< the topic takes nothing from us now, whatever the record: the right is missing, our clock is off
  useless,  ///< the handle cannot go on: a new one is needed
};

struct error_meaning {
  int code;
  meaning is;
};

/// The whole table, sorted by code. What it does not know (a newer library) counts as `passing`: nothing is
/// ever given up for an error that nobody has looked at.
[[nodiscard]] std::span<const error_meaning> error_table();
[[nodiscard]] meaning meaning_of(int code);

/// The library's name without a leading underscore's ambiguity: "MSG_SIZE_TOO_LARGE", "_QUEUE_FULL".
[[nodiscard]] std::string_view name_of(int code);
/// The library's sentence.
[[nodiscard]] std::string_view text_of(int code);

}  // namespace weir::kafka
