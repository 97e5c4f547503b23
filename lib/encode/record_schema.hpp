#pragma once

#include <encode/connect_schema.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

/// The schemas of whole records, as Debezium's PostgreSQL connector (3.6) has them: what every format that
/// carries a schema is made from.
namespace weir::encode {

/// `<prefix>.<schema>.<table>` as Debezium names topics and schemas: what is no letter, digit, `.`, `_` or `-`
/// of ASCII becomes `_`, once for each character.
[[nodiscard]] std::string schema_base(std::string_view prefix, std::string_view schema, std::string_view table);

/// `<base>.Key`: the key's columns in its order.
[[nodiscard]] connect_schema key_schema(std::string_view base, std::span<const connect_schema::field> columns);
/// `<base>.Value`: a row, optional as `before` and `after` are.
[[nodiscard]] connect_schema row_schema(std::string_view base, std::span<const connect_schema::field> columns);
/// `<base>.Envelope`: before, after, source, transaction, op, ts_ms, ts_us, ts_ns. `row` is row_schema()'s.
[[nodiscard]] connect_schema envelope_schema(std::string_view base, const connect_schema& row);

/// The field `source` of every envelope.
[[nodiscard]] connect_schema source_schema();
/// The field `transaction`: optional.
[[nodiscard]] connect_schema transaction_block_schema();

/// Key and value of a logical message.
[[nodiscard]] connect_schema message_key_schema();
[[nodiscard]] connect_schema message_value_schema();
/// Key and value of the records that tell where transactions begin and end.
[[nodiscard]] connect_schema transaction_key_schema();
[[nodiscard]] connect_schema transaction_value_schema();
/// Key and value of a heartbeat record.
[[nodiscard]] connect_schema heartbeat_key_schema();
[[nodiscard]] connect_schema heartbeat_value_schema();

/// What the schemas of one table's records are made of.
struct record_schema {
  std::optional<connect_schema> key;  ///< none: the records have no key
  connect_schema value;               ///< the envelope
};

}  // namespace weir::encode
