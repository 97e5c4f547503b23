#pragma once

/// Internal: includes librdkafka's header. What is behind `producer`; synchronous but for `run` and `close`.

#include <kafka/client.hpp>
#include <kafka/configuration.hpp>
#include <kafka/departures.hpp>
#include <kafka/partition_choice.hpp>
#include <kafka/producer.hpp>
#include <kafka/statistics.hpp>
#include <kafka/topic_book.hpp>

#include <async/task_scope.hpp>

#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::kafka {

/// Hands a record to the library, which copies it; an rd_kafka_resp_err_t. Tests put their own in its place.
using hand_over = int (*)(rd_kafka_t* handle, rd_kafka_topic_t* topic, const event::record& what, void* cookie);
[[nodiscard]] int produce(rd_kafka_t* handle, rd_kafka_topic_t* topic, const event::record& what, void* cookie);

class producer::machinery {
 public:
  machinery(async::executor on, options with);
  ~machinery();
  machinery(const machinery&) = delete;
  machinery& operator=(const machinery&) = delete;

  void listen(event::sink_listener& listener) { listener_ = &listener; }
  [[nodiscard]] topic_entry& open(const std::string& topic, event::topic_kind kind);
  event::acceptance offer(topic_entry& to, const event::record& what, event::share& part, bool is_alone,
                          event::refusal& why);
  void put(const std::string& topic, std::string key, std::string value,
           std::function<void(std::exception_ptr)> then);
  void probe();

  async::awaitable<> run(async::self me, async::blocking_pool& pool);
  async::awaitable<> close(async::self me, async::blocking_pool& pool, steady_time until);

 private:
  friend class producer;
  friend struct seam;

  /// A handle whose batches have one size; topics share it. Topics whose records choose their partitions are on
  /// handles of their own: a handle has one partitioner for a topic, from the first record on.
  struct line {
    std::unique_ptr<client> through;
    handle_statistics statistics;
  };
  /// A record of ours, waiting for its topic or for its report.
  struct own_record {
    topic_entry* to;
    std::string key;
    std::string value;
    std::function<void(std::exception_ptr)> then;
    bool is_out = false;
  };

  // offering.cpp
  [[nodiscard]] client& line_for(bytes batch_size, bool carries_choices);
  [[nodiscard]] bool is_ready(topic_entry& topic);
  event::acceptance refuse(event::refusal& why, std::string code, std::string sentence);
  event::acceptance not_taken(topic_entry& to, int error, event::refusal& why);
  void send_own();

  async::awaitable<> serve_events(async::self me, const async::task_scope& helpers);
  [[nodiscard]] std::vector<rd_kafka_t*> handles() const;

  // reporting.cpp
  /// Serves up to `most` events; true when there may be more.
  bool drain(std::size_t most);
  void serve(line& of, const event_ptr& event);
  void report_all(rd_kafka_event_t* event);
  void report(const rd_kafka_message_t& about);
  void report_record(topic_entry& to, const rd_kafka_message_t& about);
  void report_own(const rd_kafka_message_t& about);
  void fail_own(const std::string& sentence);
  void notice_error(const client& of, const event_ptr& event);
  void take_statistics(line& of, const char* document);
  void set_reachable(bool is, std::string_view why);
  void end_with(const failure& why);
  void after_drain(steady_time now);

  async::executor on_;
  options with_;
  bool compresses_;
  wakeup rings_;
  topic_book topics_;
  std::map<std::pair<bytes, bool>, line> lines_;  ///< by the size of batches, and whether records choose
  partition_choices choices_;
  departures departures_;   ///< ends before the handles do
  client* main_ = nullptr;  ///< asks and makes topics
  hand_over hand_over_ = &produce;

  event::sink_listener* listener_ = nullptr;
  event::settlement* book_ = nullptr;  ///< whose tokens are the messages' opaque pointers
  std::uint64_t outstanding_ = 0;
  bool somebody_waits_ = false;  ///< an offer was answered `busy`
  bool has_changed_ = false;     ///< since the last room()
  steady_time last_room_{};
  bool is_closing_ = false;
  std::optional<failure> end_;  ///< what broke the handle
  bool is_end_told_ = false;
  std::string unreachable_because_;
  std::chrono::microseconds latency_{};  ///< of the report that was measured last
  bool is_probing_ = false;

  std::list<own_record> own_;  ///< their addresses are the cookies
  figures figures_;
};

}  // namespace weir::kafka
