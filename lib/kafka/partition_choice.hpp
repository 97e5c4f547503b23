#pragma once

/// Internal: includes librdkafka's header.

#include <event/settlement.hpp>

#include <librdkafka/rdkafka.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace weir::kafka {

/// What a record carries to the partitioner beside its token: the library calls that on whichever thread it
/// learns of the topic's partitions, with the message's opaque pointer and no more. One choice for each record
/// in flight, used again; their addresses are the cookies.
class partition_choices {
 public:
  [[nodiscard]] void* keep(event::entry_token token, std::optional<std::uint32_t> hash);
  struct choice {
    event::entry_token token = 0;
    std::optional<std::uint32_t> hash;
  };
  /// The record was reported, or not taken.
  [[nodiscard]] choice take(void* cookie);

 private:
  friend std::int32_t choose_partition(const rd_kafka_topic_t* topic, const void* key, std::size_t key_size,
                                       std::int32_t count, void* topic_opaque, void* cookie);
  std::deque<choice> all_;
  std::vector<choice*> free_;
};

/// rd_kafka_topic_conf_set_partitioner_cb: by the choice's hash, else by the key as everywhere.
std::int32_t choose_partition(const rd_kafka_topic_t* topic, const void* key, std::size_t key_size,
                              std::int32_t count, void* topic_opaque, void* cookie);

}  // namespace weir::kafka
