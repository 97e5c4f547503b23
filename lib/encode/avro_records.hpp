#pragma once

#include <encode/avro_value.hpp>
#include <encode/envelope.hpp>
#include <encode/record_schema.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace weir::encode {

/// What the registry calls the schemas of one table's records in one topic.
struct avro_ids {
  std::optional<std::uint32_t> key;  ///< none: the records have no key
  std::uint32_t value = 0;
};

/// The records of one change in Confluent's form of Avro: a zero, the schema's number in four bytes, the value.
/// Tombstones and headers stay as they are.
class avro_records {
 public:
  /// `made` is the envelope's JSON of `by`; what comes back is valid until the next call, and as long as `made`
  /// is. Throws encode_error.
  [[nodiscard]] std::span<const encoded> transcode(const record_schema& by, const avro_ids& ids,
                                                   const std::string& table, std::span<const encoded> made);

 private:
  avro_value values_;
  std::string out_;
  std::array<encoded, 3> records_;  ///< a change makes no more
};

}  // namespace weir::encode
