#include <base/murmur2.hpp>
#include <kafka/partition_choice.hpp>

namespace weir::kafka {

void* partition_choices::keep(event::entry_token token, std::optional<std::uint32_t> hash) {
  if (free_.empty()) free_.push_back(&all_.emplace_back());
  auto* const used = free_.back();
  free_.pop_back();
  *used = {token, hash};
  return used;
}

partition_choices::choice partition_choices::take(void* cookie) {
  auto* const used = static_cast<choice*>(cookie);
  free_.push_back(used);
  return *used;
}

std::int32_t choose_partition(const rd_kafka_topic_t* topic, const void* key, std::size_t key_size,
                              std::int32_t count, void* topic_opaque, void* cookie) {
  const auto& hash = static_cast<const partition_choices::choice*>(cookie)->hash;
  if (hash) return partition_of(*hash, count);
  return rd_kafka_msg_partitioner_murmur2_random(topic, key, key_size, count, topic_opaque, cookie);
}

}  // namespace weir::kafka
