#include <kafka/topic_reader.hpp>

#include <kafka/configuration.hpp>
#include <kafka/conversation.hpp>
#include <kafka/errors.hpp>
#include <kafka/message.hpp>

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <base/failure.hpp>

namespace weir::kafka {
namespace {

using namespace std::chrono_literals;

constexpr auto patience_per_question = 10s;

}  // namespace

class topic_reader::reading {
 public:
  reading(async::executor on, const options& with, std::string topic)
      : topic_(std::move(topic)), talk_(std::move(on), reader_configuration(with)) {}

  async::awaitable<> open(async::self me, async::blocking_pool& pool) {
    handle_.reset(rd_kafka_topic_new(talk_.with().handle(), topic_.c_str(), nullptr));
    if (!handle_)
      throw failure{verdict::permanent, "configuration", fmt::format("topic {}: not a name", topic_)};
    const auto found = co_await talk_.learn_extent(me, pool, handle_.get(), patience_per_question);
    if (found.error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        found.error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
      throw failure{verdict::permanent, "topic_missing", fmt::format("topic {} does not exist", topic_)};
    }
    if (found.error != RD_KAFKA_RESP_ERR_NO_ERROR) throw broken(name_of(found.error), text_of(found.error));
    for (const auto& each : found.partitions) {
      progress_.offsets += each.high - each.low;
      if (each.low == each.high) continue;
      open_.emplace(each.partition, each);
      rd_kafka_consume_start_queue(handle_.get(), each.partition, each.low, talk_.with().queue());
    }
  }

  async::awaitable<const lying_record*> next(async::self me, steady_time until) {
    while (!open_.empty()) {
      event_ = co_await talk_.next(me, "the records of the topic", until);
      if (!event_) {
        if (talk_.is_hopeless()) throw broken("authentication", talk_.trouble());
        co_return nullptr;
      }
      if (rd_kafka_event_type(event_.get()) != RD_KAFKA_EVENT_FETCH) {
        end_of_event(*event_);
        continue;
      }
      // A fetch event of a queue holds one message.
      const auto* message = rd_kafka_event_message_next(event_.get());
      if (message != nullptr && take(*message)) co_return &record_;
    }
    co_return nullptr;
  }

  [[nodiscard]] bool is_at_end() const { return open_.empty(); }
  [[nodiscard]] reading_progress progress() const { return progress_; }

  async::awaitable<> close(async::self me, async::blocking_pool& pool) {
    event_.reset();
    return talk_.end(me, pool, std::move(handle_));
  }

 private:
  [[nodiscard]] failure broken(std::string_view name, std::string_view text) const {
    return failure{verdict::retry, "brokers",
                   fmt::format("topic {} cannot be read: {}: {}{}{}", topic_, name, text,
                               talk_.trouble().empty() ? "" : ", last error ", talk_.trouble())};
  }

  /// An end may be told by an event of its own.
  void end_of_event(rd_kafka_event_t& event) {
    if (rd_kafka_event_error(&event) != RD_KAFKA_RESP_ERR__PARTITION_EOF) return;
    if (const topic_partition_ptr at{rd_kafka_event_topic_partition(&event)}; at) end(at->partition);
  }

  void end(std::int32_t partition) {
    const auto found = open_.find(partition);
    if (found == open_.end()) return;
    progress_.offsets_done += found->second.high - found->second.low;
    open_.erase(found);
  }

  /// True when it is one to be given out. Offsets have gaps (compaction, markers of transactions), so the end
  /// is wherever the first offset at or behind it is seen, or where the partition ends.
  bool take(const rd_kafka_message_t& message) {
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      end(message.partition);
      return false;
    }
    if (const auto is = meaning_of(message.err); is == meaning::guilty || is == meaning::denied)
      throw broken(name_of(message.err), text_of(message.err));
    // Leaders move and topics spread: the library asks again.
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    const auto found = open_.find(message.partition);
    if (found == open_.end()) return false;
    auto& extent = found->second;
    const bool is_before_the_end = message.offset < extent.high;
    if (is_before_the_end) {
      headers_ = headers_of(message);
      record_ = {message.partition,
                 message.offset,
                 {text_at(message.key, message.key_len), text_at(message.payload, message.len), headers_}};
    }
    if (message.offset + 1 >= extent.high) {
      end(message.partition);
    } else {
      progress_.offsets_done += message.offset + 1 - extent.low;
      extent.low = message.offset + 1;
    }
    return is_before_the_end;
  }

  std::string topic_;
  conversation talk_;
  topic_ptr handle_;
  std::map<std::int32_t, partition_extent> open_;  ///< not read to their ends; `low` is the next offset
  reading_progress progress_;
  event_ptr event_;  ///< holds what `record_` views
  std::vector<event::header> headers_;
  lying_record record_;
};

topic_reader::topic_reader(async::executor on, const options& with, std::string topic)
    : reads_(std::make_unique<reading>(std::move(on), with, std::move(topic))) {}
topic_reader::~topic_reader() = default;

async::awaitable<> topic_reader::open(async::self me, async::blocking_pool& pool) {
  return reads_->open(me, pool);
}
async::awaitable<const lying_record*> topic_reader::next(async::self me, steady_time until) {
  return reads_->next(me, until);
}
bool topic_reader::is_at_end() const { return reads_->is_at_end(); }
reading_progress topic_reader::progress() const { return reads_->progress(); }
async::awaitable<> topic_reader::close(async::self me, async::blocking_pool& pool) {
  return reads_->close(me, pool);
}

}  // namespace weir::kafka
