#pragma once

/// Internal: includes librdkafka's header. Owners of its objects, one alias each.

#include <librdkafka/rdkafka.h>

#include <memory>

namespace weir::kafka {

template <auto Destroy>
struct destroy_with {
  template <class T>
  void operator()(T* object) const noexcept {
    Destroy(object);
  }
};

template <class T, auto Destroy>
using owned = std::unique_ptr<T, destroy_with<Destroy>>;

/// Joins the library's threads when it is destroyed: on the blocking pool, but for tests and constructors that
/// throw.
using handle_ptr = owned<rd_kafka_t, rd_kafka_destroy>;
using conf_ptr = owned<rd_kafka_conf_t, rd_kafka_conf_destroy>;
using topic_conf_ptr = owned<rd_kafka_topic_conf_t, rd_kafka_topic_conf_destroy>;
using topic_ptr = owned<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using queue_ptr = owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using event_ptr = owned<rd_kafka_event_t, rd_kafka_event_destroy>;
using headers_ptr = owned<rd_kafka_headers_t, rd_kafka_headers_destroy>;
using error_ptr = owned<rd_kafka_error_t, rd_kafka_error_destroy>;
using metadata_ptr = owned<const rd_kafka_metadata_t, rd_kafka_metadata_destroy>;
using admin_options_ptr = owned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;
using topic_partition_ptr = owned<rd_kafka_topic_partition_t, rd_kafka_topic_partition_destroy>;
using new_topic_ptr = owned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using resource_ptr = owned<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;

}  // namespace weir::kafka
