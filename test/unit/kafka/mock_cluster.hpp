#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <support/run_loop.hpp>
#include <support/running_producer.hpp>

#include <string>
#include <utility>
#include <vector>

#include <kafka/producer.hpp>
#include <kafka/seam.hpp>

namespace weir {

using running = support::running_producer<kafka::producer>;

inline constexpr std::int16_t produce_request = 0;

/// A producer's own mock cluster: it lives in the producer's handle.
class mock_cluster {
 public:
  [[nodiscard]] static kafka::options options(kafka::property_map properties = {}) {
    kafka::options with;
    with.brokers = "mock";
    with.properties = std::move(properties);
    with.properties.emplace("test.mock.num.brokers", "1");
    return with;
  }

  explicit mock_cluster(kafka::producer& of)
      : cluster_(rd_kafka_handle_mock_cluster(kafka::seam::handle_of(of))) {}

  void create_topic(const std::string& name, int partitions = 1) {
    rd_kafka_mock_topic_create(cluster_, name.c_str(), partitions, 1);
  }
  /// The next requests of this kind are answered so, in this order; then as usual.
  void answer(std::int16_t request, std::vector<rd_kafka_resp_err_t> with) {
    rd_kafka_mock_push_request_errors_array(cluster_, request, with.size(), with.data());
  }
  void set_down(bool is) {
    (void)(is ? rd_kafka_mock_broker_set_down(cluster_, 1) : rd_kafka_mock_broker_set_up(cluster_, 1));
  }
  /// Each answer takes this much longer.
  void set_round_trip(int ms) { (void)rd_kafka_mock_broker_set_rtt(cluster_, 1, ms); }
  [[nodiscard]] std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }

 private:
  rd_kafka_mock_cluster_t* cluster_;
};

inline event::record record_of(std::string_view key, std::string_view value) {
  event::record made;
  made.key = key;
  made.value = value;
  return made;
}

}  // namespace weir
