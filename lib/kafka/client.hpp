#pragma once

/// Internal: includes librdkafka's header.

#include <kafka/handles.hpp>
#include <kafka/log_valve.hpp>
#include <kafka/topic_opening.hpp>
#include <kafka/wakeup.hpp>

#include <functional>
#include <string>
#include <vector>

namespace weir::kafka {

/// A topic to be made.
struct new_topic {
  std::string name;
  int partitions = -1;
  int replication = -1;
  std::vector<std::pair<const char*, const char*>> settings;
};

/// One rd_kafka_t whose events all come out of one queue that rings a wakeup. Knows nothing of records.
class client {
 public:
  enum class role { producer, reader };
  enum class creation { done, only_checked };

  /// `rings` must outlive the client, or be let go of by `retire`.
  client(role as, conf_ptr conf, wakeup& rings);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  [[nodiscard]] rd_kafka_t* handle() const { return handle_.get(); }
  [[nodiscard]] rd_kafka_queue_t* queue() const { return queue_.get(); }

  /// Whether some broker ever told what the cluster is.
  [[nodiscard]] bool knows_cluster() const;
  /// The next event, or null. Events must be destroyed before the client.
  [[nodiscard]] event_ptr poll();
  /// Writes a LOG event to our log.
  void write_log(const event_ptr& event);

  /// Both answer with one event that carries `opaque` (rd_kafka_event_opaque).
  void describe(const std::vector<std::string>& topics, std::chrono::milliseconds patience, void* opaque);
  void create(const std::vector<new_topic>& topics, std::chrono::milliseconds patience, void* opaque,
              creation how = creation::done);

  /// No event rings any more; the handle is handed out, to be destroyed where that may block.
  [[nodiscard]] handle_ptr retire() noexcept;

 private:
  handle_ptr handle_;
  queue_ptr queue_;
  log_valve valve_;
};

/// What a DESCRIBECONFIGS_RESULT says about each topic, and a CREATETOPICS_RESULT likewise (without limits).
[[nodiscard]] std::vector<std::pair<std::string, topic_answer>> answers_of(const event_ptr& event);

/// Settings of a topic that we make; `is_plain`: the broker refused our wishes.
[[nodiscard]] new_topic topic_to_make(const std::string& name, event::topic_kind kind, bool is_plain,
                                      int partitions, int replication);

}  // namespace weir::kafka
