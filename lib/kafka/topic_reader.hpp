#pragma once

#include <async/blocking_pool.hpp>
#include <async/task_registry.hpp>
#include <event/record.hpp>
#include <kafka/options.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace weir::kafka {

/// What lies in a topic. Views that live until the next call of topic_reader::next.
struct lying_record {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  event::record what;  ///< a header without a value reads as an empty one
};

/// How far a reading is, over all partitions.
struct reading_progress {
  std::int64_t offsets_done = 0;
  std::int64_t offsets = 0;
};

/// Reads a topic once: from the beginning of each partition up to the end that it had when the reading began.
/// No consumer group, nothing is committed, nobody else is disturbed. Whoever reads slowly holds the fetching
/// back.
class topic_reader {
 public:
  /// Throws weir::failure (permanent, "configuration") when librdkafka refuses the properties.
  topic_reader(async::executor on, const options& with, std::string topic);
  ~topic_reader();
  topic_reader(const topic_reader&) = delete;
  topic_reader& operator=(const topic_reader&) = delete;

  /// Learns the partitions and their ends. Throws weir::failure: "topic_missing" (permanent), or "brokers" when
  /// they do not answer.
  async::awaitable<> open(async::self me, async::blocking_pool& pool);

  /// The next record, or null at `until`. Throws weir::failure ("brokers") when nothing can be read any more.
  async::awaitable<const lying_record*> next(async::self me, steady_time until);
  [[nodiscard]] bool is_at_end() const;
  [[nodiscard]] reading_progress progress() const;

  /// Ends the handle on the pool; also after a failure. Not cancellable.
  async::awaitable<> close(async::self me, async::blocking_pool& pool);

 private:
  class reading;
  std::unique_ptr<reading> reads_;
};

}  // namespace weir::kafka
