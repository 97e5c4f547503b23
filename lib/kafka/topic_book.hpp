#pragma once

/// Internal: includes librdkafka's header.

#include <kafka/client.hpp>
#include <kafka/figures.hpp>
#include <kafka/options.hpp>
#include <kafka/topic_opening.hpp>

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace weir::kafka {

/// A topic of one producer. Lives as long as the producer: librdkafka keeps its own topic objects just as long,
/// and every message in flight points here (rd_kafka_topic_opaque).
struct topic_entry {
  topic_entry(std::string of, event::topic_kind as, bool may_create)
      : name(std::move(of)), kind(as), problem(name_problem(name)), opening(name, kind, may_create) {}

  std::string name;
  event::topic_kind kind;
  std::string problem;  ///< why the name can never be a topic's; empty: it can
  topic_opening opening;
  client* through = nullptr;  ///< whose batches suit the topic's limit; null until the first record
  topic_ptr handle;
  bytes batch_size = 0;          ///< of `through`
  bool has_choices = false;      ///< a record came that does not leave its partition to the key
  bool carries_choices = false;  ///< `through` asks the records, whose cookies are partition_choices' then
  std::uint64_t outstanding = 0;
  std::string denial;       ///< why we may not write there, as the library said last; empty: nothing is known
  bool has_halved = false;  ///< its assumed limit was lowered by this producer already
};

/// All topics of one producer and the questions about them. Asks in groups: a thousand tables are a few
/// requests.
class topic_book {
 public:
  explicit topic_book(const options& with) : with_(with) {}

  [[nodiscard]] topic_entry& open(const std::string& name, event::topic_kind kind);
  [[nodiscard]] topic_entry* find(const std::string& name);

  /// Sends what is to be asked now.
  void ask(client& through, steady_time now);
  /// Takes a result event of ask(). True when a topic opened.
  bool answered(const client& by, const event_ptr& event, steady_time now);
  /// When ask() has something to do again.
  [[nodiscard]] steady_time due() const { return due_; }
  /// The topic was seen to be missing.
  void reopen(topic_entry& topic);

  /// max.message.bytes, or the guess where the broker does not tell it.
  [[nodiscard]] bytes limit_of(const topic_entry& topic) const;
  /// The broker refused a record of `size` as too large although the assumed limit allows it.
  void learn(topic_entry& topic, bytes size);

  [[nodiscard]] std::vector<topic_status> status() const;

  /// librdkafka's topic objects go before its handles do.
  void forget_handles() noexcept;

 private:
  /// A request under way; its address is the event's opaque.
  struct request {
    topic_opening::question what;
    std::vector<topic_entry*> about;
  };
  void send(client& through, topic_opening::question what, std::vector<topic_entry*> about);
  void find_due();

  const options& with_;
  std::map<std::string, std::unique_ptr<topic_entry>, std::less<>> topics_;
  std::list<request> requests_;
  steady_time due_ =
      steady_time::max();  ///< kept, so that a wake-up costs nothing however many topics there are
};

}  // namespace weir::kafka
