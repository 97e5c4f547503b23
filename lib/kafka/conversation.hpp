#pragma once

/// Internal: includes librdkafka's header.

#include <kafka/client.hpp>

#include <async/blocking_pool.hpp>
#include <async/task_registry.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace weir::kafka {

/// A partition and what it holds: [low, high).
struct partition_extent {
  std::int32_t partition = 0;
  std::int64_t low = 0;
  std::int64_t high = 0;
};

/// A topic as a broker sees it: an rd_kafka_resp_err_t, or its partitions.
struct topic_extent {
  int error = 0;
  std::vector<partition_extent> partitions;
};

/// A handle that is made to ask a few things and then goes: its events are awaited one by one.
class conversation {
 public:
  conversation(async::executor on, conf_ptr conf);

  [[nodiscard]] client& with() { return client_; }

  /// The next event but for log lines and errors, which are written down; null at `until`, or at once when an
  /// error says that asking on is of no use (authentication, TLS).
  async::awaitable<event_ptr> next(async::self me, const char* what_for, steady_time until);

  /// Tells the library who leads the partitions of `topic`, on the pool since the call blocks (a second at
  /// most): a reader that starts without knowing asks again after half a second. Whether it worked does not
  /// matter to it. Returns what the brokers say of the topic (rd_kafka_resp_err_t), 0 when they say nothing:
  /// whoever may not even describe it is told so here and nowhere else.
  async::awaitable<int> learn_leader(async::self me, async::blocking_pool& pool, rd_kafka_topic_t* topic);

  /// Asks what the topic holds, on the pool since the calls block: `patience` each, one for the topic and one
  /// for each partition.
  async::awaitable<topic_extent> learn_extent(async::self me, async::blocking_pool& pool,
                                              rd_kafka_topic_t* topic, std::chrono::milliseconds patience);

  /// The error that says most about why nothing is heard; empty when there was none.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  [[nodiscard]] bool is_hopeless() const { return is_hopeless_; }

  /// Ends the handle on the pool. Not cancellable; gives up waiting after a short while. `topic` goes first.
  async::awaitable<> end(async::self me, async::blocking_pool& pool, topic_ptr topic = {});

 private:
  /// A call in the pool may outlive the wait for it, but not the handle.
  struct use_of_handle {
    std::mutex at_work;
    bool is_gone = false;
  };

  event_ptr poll();
  void notice(const event_ptr& error);

  wakeup rings_;
  client client_;
  std::string trouble_;
  bool is_hopeless_ = false;
  std::shared_ptr<use_of_handle> use_ = std::make_shared<use_of_handle>();
};

}  // namespace weir::kafka
