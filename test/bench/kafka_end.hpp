#pragma once

#include <librdkafka/rdkafka.h>

#include <array>
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

  /// With the two headers that weir's records have. Waits while the library's queue is full.
  void put(std::string_view value) {
    for (;;) {
      auto* headers = rd_kafka_headers_new(2);
      rd_kafka_header_add(headers, "weir.position", -1, "1/0/1A2B3C4D/17/0", -1);
      rd_kafka_header_add(headers, "weir.run", -1, "1", -1);
      std::array<rd_kafka_vu_t, 4> parts{};
      parts[0].vtype = RD_KAFKA_VTYPE_RKT;
      parts[0].u.rkt = topic_;
      parts[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
      parts[1].u.i = RD_KAFKA_MSG_F_COPY;
      parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
      parts[2].u.mem.ptr = const_cast<char*>(value.data());
      parts[2].u.mem.size = value.size();
      parts[3].vtype = RD_KAFKA_VTYPE_HEADERS;
      parts[3].u.headers = headers;
      auto* failed = rd_kafka_produceva(handle_, parts.data(), parts.size());
      if (failed == nullptr) break;
      const auto code = rd_kafka_error_code(failed);
      rd_kafka_error_destroy(failed);
      rd_kafka_headers_destroy(headers);
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) throw std::runtime_error(rd_kafka_err2str(code));
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
