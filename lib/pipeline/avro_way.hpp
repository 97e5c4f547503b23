#pragma once

#include <encode/avro_records.hpp>
#include <encode/record_schema.hpp>
#include <event/relation.hpp>
#include <pipeline/schema_book.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::pipeline {

/// How records of one version of a table become Avro in one topic. Subjects are `{topic}-key` and
/// `{topic}-value`, as Confluent's TopicNameStrategy has them.
class avro_way {
 public:
  /// `table`: null for logical messages. Throws encode::encode_error for what Avro has no form.
  avro_way(const event::relation* table, encode::record_schema schema, std::string_view topic);

  /// Takes what the registry said of the schemas. Empty: their ids are known; else why no record can be made.
  [[nodiscard]] std::string look_up(const schema_book& in);

  [[nodiscard]] const std::vector<wanted_schema>& wanted() const { return wanted_; }
  [[nodiscard]] std::span<const encode::encoded> transcode(encode::avro_records& by,
                                                           std::span<const encode::encoded> made) const {
    return by.transcode(schema_, ids_, table_, made);
  }

 private:
  std::string table_;
  encode::record_schema schema_;
  std::vector<wanted_schema> wanted_;  ///< the value's, then the key's where there is one
  encode::avro_ids ids_;
};

}  // namespace weir::pipeline
