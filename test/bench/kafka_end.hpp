#pragma once

#include <librdkafka/rdkafka.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace weir::bench {

/// One topic of a broker, with the least that a producer can do in front of it. Reports are thrown away.
class kafka_end {
 public:
  kafka_end(const std::string& brokers, const std::string& topic) {
    auto* conf = rd_kafka_conf_new();
    char why[256];
    for (auto [name, value] : {std::pair{"bootstrap.servers", brokers.c_str()}, std::pair{"linger.ms", "0"},
                               std::pair{"acks", "all"}, std::pair{"enable.idempotence", "true"}})
      if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK)
        throw std::runtime_error(why);
    handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (handle_ == nullptr) throw std::runtime_error(why);
    topic_ = rd_kafka_topic_new(handle_, topic.c_str(), nullptr);
  }
  kafka_end(const kafka_end&) = delete;
  kafka_end& operator=(const kafka_end&) = delete;
  ~kafka_end() {
    rd_kafka_topic_destroy(topic_);
    rd_kafka_destroy(handle_);
  }

  /// Waits while the library's queue is full.
  void put(std::string_view value) {
    while (rd_kafka_produce(topic_, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, const_cast<char*>(value.data()),
                            value.size(), nullptr, 0, nullptr) != 0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        throw std::runtime_error(rd_kafka_err2str(rd_kafka_last_error()));
      rd_kafka_poll(handle_, full_wait_ms);
    }
    rd_kafka_poll(handle_, 0);
  }

  /// Throws when a record is still out at the end of the time.
  void flush(int timeout_ms) {
    if (rd_kafka_flush(handle_, timeout_ms) != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw std::runtime_error("the broker did not take every record in time");
  }

 private:
  static constexpr int full_wait_ms = 10;

  rd_kafka_t* handle_ = nullptr;
  rd_kafka_topic_t* topic_ = nullptr;
};

}  // namespace weir::bench
