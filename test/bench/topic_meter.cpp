// What the broker holds, seen from outside of the program that is measured.
//
//   ready   --brokers LIST --seconds N                          until the broker answers
//   create  --brokers LIST --topic NAME                         one partition
//   delete  --brokers LIST --topic NAME
//   warm    --brokers LIST --topic NAME --records N             idempotent records, thrown away
//   count   --brokers LIST --topic NAME --rows N --seconds N    polls the end offset until it is N
//   latency --brokers LIST --topic NAME --rows N --seconds N    consumes N records as they come
//
// count and latency print one JSON object.

#include "arguments.hpp"
#include "kafka_end.hpp"
#include "latencies.hpp"

#include <librdkafka/rdkafka.h>

#include <cstdio>
#include <memory>
#include <thread>

namespace weir::bench {
namespace {

constexpr int request_timeout_ms = 5000;
constexpr int warm_timeout_ms = 60'000;
constexpr std::size_t warm_record_size = 600;
constexpr auto poll_interval = std::chrono::milliseconds{20};
/// After the last row: what comes too much would come now.
constexpr auto settle_time = std::chrono::milliseconds{500};

struct close_handle {
  void operator()(rd_kafka_t* handle) const noexcept { rd_kafka_destroy(handle); }
};
using handle = std::unique_ptr<rd_kafka_t, close_handle>;

handle open(rd_kafka_type_t type, const std::string& brokers) {
  auto* conf = rd_kafka_conf_new();
  char why[256] = {};
  const auto set = [&](const char* name, const char* value) {
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK)
      throw std::runtime_error(why);
  };
  set("bootstrap.servers", brokers.c_str());
  if (type == RD_KAFKA_CONSUMER) {
    set("group.id", "bench");
    set("fetch.min.bytes", "1");
    set("fetch.wait.max.ms", "100");
    set("fetch.error.backoff.ms", "1");
    set("socket.nagle.disable", "true");
  }
  auto* made = rd_kafka_new(type, conf, why, sizeof why);
  if (made == nullptr) throw std::runtime_error(why);
  return handle(made);
}

bool has_metadata(rd_kafka_t* client, int timeout_ms) {
  const rd_kafka_metadata_t* found = nullptr;
  const auto failed = rd_kafka_metadata(client, 0, nullptr, &found, timeout_ms);
  const bool answers = failed == RD_KAFKA_RESP_ERR_NO_ERROR && found->broker_cnt > 0;
  if (found != nullptr) rd_kafka_metadata_destroy(found);
  return answers;
}

int ready(const arguments& with) {
  const auto client = open(RD_KAFKA_CONSUMER, with.text("brokers"));
  const auto end = monotonic_seconds() + static_cast<double>(with.number("seconds"));
  while (monotonic_seconds() < end)
    if (has_metadata(client.get(), 500)) return 0;
  throw std::runtime_error("the broker did not answer in time");
}

using topic_results = const rd_kafka_topic_result_t** (*)(rd_kafka_event_t*, std::size_t*);

/// Waits for the one event that an admin request ends with and throws its error.
void expect_done(rd_kafka_queue_t* queue, topic_results results) {
  auto* event = rd_kafka_queue_poll(queue, request_timeout_ms);
  std::string why = event == nullptr ? "no answer" : "";
  if (event != nullptr && rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
    why = rd_kafka_event_error_string(event);
  std::size_t count = 0;
  const auto* each = why.empty() ? results(event, &count) : nullptr;
  for (std::size_t i = 0; i < count; ++i)
    if (rd_kafka_topic_result_error(each[i]) != RD_KAFKA_RESP_ERR_NO_ERROR)
      why = rd_kafka_err2str(rd_kafka_topic_result_error(each[i]));
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  if (!why.empty()) throw std::runtime_error(why);
}

int create(const arguments& with) {
  const auto client = open(RD_KAFKA_PRODUCER, with.text("brokers"));
  char why[256] = {};
  auto* topic = rd_kafka_NewTopic_new(with.text("topic").c_str(), 1, 1, why, sizeof why);
  if (topic == nullptr) throw std::runtime_error(why);
  auto* queue = rd_kafka_queue_new(client.get());
  rd_kafka_CreateTopics(client.get(), &topic, 1, nullptr, queue);
  rd_kafka_NewTopic_destroy(topic);
  expect_done(queue, [](rd_kafka_event_t* event, std::size_t* count) {
    return rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), count);
  });
  return 0;
}

int remove(const arguments& with) {
  const auto client = open(RD_KAFKA_PRODUCER, with.text("brokers"));
  auto* topic = rd_kafka_DeleteTopic_new(with.text("topic").c_str());
  auto* queue = rd_kafka_queue_new(client.get());
  rd_kafka_DeleteTopics(client.get(), &topic, 1, nullptr, queue);
  rd_kafka_DeleteTopic_destroy(topic);
  expect_done(queue, [](rd_kafka_event_t* event, std::size_t* count) {
    return rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), count);
  });
  return 0;
}

int warm(const arguments& with) {
  kafka_end topic(with.text("brokers"), with.text("topic"));
  const std::string value(warm_record_size, 'w');
  for (auto left = with.number("records"); left > 0; --left) topic.put(value);
  topic.flush(warm_timeout_ms);
  return 0;
}

/// The end offset of partition 0; 0 while the topic does not exist.
std::int64_t end_offset(rd_kafka_t* client, const std::string& topic) {
  std::int64_t low = 0, high = 0;
  const auto failed =
      rd_kafka_query_watermark_offsets(client, topic.c_str(), 0, &low, &high, request_timeout_ms);
  return failed == RD_KAFKA_RESP_ERR_NO_ERROR ? high : 0;
}

int count(const arguments& with) {
  const auto client = open(RD_KAFKA_CONSUMER, with.text("brokers"));
  const auto topic = with.text("topic");
  const auto rows = with.number("rows");
  const auto give_up = monotonic_seconds() + static_cast<double>(with.number("seconds"));
  double first = 0, last = 0;
  std::int64_t in_first = 0, seen = 0;
  while (seen < rows && monotonic_seconds() < give_up) {
    seen = end_offset(client.get(), topic);
    if (seen > 0 && first == 0) {
      first = monotonic_seconds();
      in_first = seen;
    }
    if (seen >= rows) last = monotonic_seconds();
    if (seen < rows) std::this_thread::sleep_for(poll_interval);
  }
  if (seen >= rows) {
    std::this_thread::sleep_for(settle_time);
    seen = end_offset(client.get(), topic);
  }
  fmt::print(R"({{"rows":{},"in_first":{},"first":{:.6f},"last":{:.6f}}})"
             "\n",
             seen, in_first, first, last);
  return 0;
}

/// The number behind `"name":` at or after `from`; 0 when there is none.
std::int64_t number_behind(std::string_view json, std::string_view name, std::size_t from = 0) {
  const auto at = json.find(name, from);
  if (at == std::string_view::npos) return 0;
  std::int64_t value = 0;
  const char* start = json.data() + at + name.size();
  if (start < json.data() + json.size() && *start == '"') ++start;
  std::from_chars(start, json.data() + json.size(), value);
  return value;
}

struct arrivals {
  latencies since_insert, since_commit;
  long count = 0;

  void add(const rd_kafka_message_t& record) {
    const auto now = wall_microseconds();
    if (record.payload == nullptr) return;
    const std::string_view json(static_cast<const char*>(record.payload), record.len);
    since_insert.add(now - number_behind(json, R"("us":)"));
    const auto source = json.find(R"("source":{)");
    since_commit.add(now - number_behind(json, R"("ts_us":)", source == std::string_view::npos ? 0 : source));
    ++count;
  }
};

int latency(const arguments& with) {
  const auto client = open(RD_KAFKA_CONSUMER, with.text("brokers"));
  rd_kafka_poll_set_consumer(client.get());
  auto* wanted = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(wanted, with.text("topic").c_str(), 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(client.get(), wanted);
  rd_kafka_topic_partition_list_destroy(wanted);

  const auto rows = with.number("rows");
  const auto give_up = monotonic_seconds() + static_cast<double>(with.number("seconds"));
  arrivals seen;
  while (seen.count < rows && monotonic_seconds() < give_up) {
    auto* record = rd_kafka_consumer_poll(client.get(), 100);
    if (record == nullptr) continue;
    if (record->err == RD_KAFKA_RESP_ERR_NO_ERROR) seen.add(*record);
    rd_kafka_message_destroy(record);
  }
  rd_kafka_consumer_close(client.get());
  fmt::print(R"({{"rows":{},"since_insert":{},"since_commit":{}}})"
             "\n",
             seen.count, seen.since_insert.json(), seen.since_commit.json());
  return 0;
}

int run(std::string_view command, const arguments& with) {
  if (command == "ready") return ready(with);
  if (command == "create") return create(with);
  if (command == "delete") return remove(with);
  if (command == "warm") return warm(with);
  if (command == "count") return count(with);
  if (command == "latency") return latency(with);
  throw std::runtime_error("no such command");
}

}  // namespace
}  // namespace weir::bench

int main(int count, char** words) try {
  if (count < 2) throw std::runtime_error("which command?");
  return weir::bench::run(words[1], weir::bench::arguments(count, words, 2));
} catch (const std::exception& failure) {
  fmt::print(stderr, "topic_meter {}: {}\n", count > 1 ? words[1] : "", failure.what());
  return 1;
}
