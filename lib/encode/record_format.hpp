#pragma once

#include <cstdint>

namespace weir::encode {

/// How a target's records are written.
enum class record_format : std::uint8_t {
  debezium,         ///< Debezium's envelope as JSON
  debezium_schema,  ///< the same beside its schema, as Kafka Connect's JsonConverter has it
  flat,             ///< the new row alone with a few fields of the change, as Debezium's unwrapping has it
  cloudevents,      ///< a CloudEvent in JSON's structured form, as Debezium's converter has it
  avro,             ///< the envelope; what becomes of it is for whoever knows its schema's number
};

}  // namespace weir::encode
