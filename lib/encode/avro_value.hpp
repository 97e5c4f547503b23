#pragma once

#include <encode/connect_schema.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::encode {

/// Makes Avro of finished JSON: the bytes of an envelope or a key become Avro's binary encoding
/// (https://avro.apache.org/docs/1.12.0/specification/#binary-encoding) of the schema that avro_schema_text
/// writes for the same tree. What does not fit the tree (an unknown or missing field, a number out of range, a
/// null that may not be one, no base64 where bytes are) is an encode_error, never a guess. An optional field
/// that is missing is null.
class avro_value {
 public:
  avro_value();
  ~avro_value();
  avro_value(avro_value&&) noexcept;
  avro_value& operator=(avro_value&&) noexcept;

  /// Appends `json` to `to`. `table` is for the error, whose column is the path to what is wrong. What was
  /// appended when it throws is of no use; it is as usable afterwards as before.
  void append(std::string& to, const connect_schema& by, std::string_view json, const std::string& table);

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

/// What Confluent's serialisers put in front: a zero and the schema's id in four bytes, big-endian.
void append_avro_frame(std::string& to, std::uint32_t schema_id);

/// A text in Avro's encoding.
void append_avro_string(std::string& to, std::string_view text);

}  // namespace weir::encode
