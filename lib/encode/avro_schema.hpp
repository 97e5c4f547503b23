#pragma once

#include <encode/connect_schema.hpp>

#include <string>
#include <string_view>

namespace weir::encode {

/// The Avro schema that Confluent's AvroConverter makes of a schema of Connect (the class AvroData of its
/// schema registry, with its default settings): an optional value is `["null", T]` with the default null, or
/// `[T, "null"]` when it has another default; a structure is a record, named and put into a namespace by the
/// last dot of its name, defined where it first stands and referred to afterwards; what Avro has no word for
/// stays beside it as `connect.name`, `connect.version`, `connect.parameters`, `connect.default` and
/// `connect.type`; Decimal, Date, Time and Timestamp are logical types of Avro as well.
///
/// Throws encode_error when two columns become one name (see avro_name), when one name stands for two different
/// structures, and for a map whose keys are no texts.
[[nodiscard]] std::string avro_schema_text(const connect_schema& of);

/// `name` as Avro allows it (letters, digits and `_`, no digit first; dots stay when `is_dotted`): each other
/// character becomes `_`, and a digit at the beginning gets one in front, as Debezium's adjustment to Avro
/// does.
[[nodiscard]] std::string avro_name(std::string_view name, bool is_dotted = false);

}  // namespace weir::encode
