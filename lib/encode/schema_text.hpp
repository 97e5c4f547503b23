#pragma once

#include <encode/connect_schema.hpp>

#include <string>

namespace weir::encode {

/// A schema as Kafka Connect's JsonConverter writes it, to the byte: type, then items, keys and values or
/// fields, optional, name, version, parameters, default, and a field's name last.
[[nodiscard]] std::string schema_text(const connect_schema& of);

/// What stands before a payload with that schema: `{"schema":{...},"payload":`. A `}` closes it.
[[nodiscard]] std::string schema_opening(const connect_schema& of);

}  // namespace weir::encode
