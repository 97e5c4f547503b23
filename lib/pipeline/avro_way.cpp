#include <pipeline/avro_way.hpp>

#include <encode/avro_schema.hpp>

#include <fmt/format.h>

#include <utility>

namespace weir::pipeline {

avro_way::avro_way(const event::relation* table, encode::record_schema schema, std::string_view topic)
    : schema_(std::move(schema)) {
  if (table != nullptr) table_ = table->schema + "." + table->name;
  wanted_.push_back({fmt::format("{}-value", topic), encode::avro_schema_text(schema_.value)});
  if (schema_.key) wanted_.push_back({fmt::format("{}-key", topic), encode::avro_schema_text(*schema_.key)});
}

std::string avro_way::look_up(const schema_book& in) {
  for (std::size_t n = 0; n < wanted_.size(); ++n) {
    const auto* answer = in.find(wanted_[n]);
    if (answer == nullptr) return fmt::format("the schema of {} is not registered", wanted_[n].subject);
    if (const auto* sentence = std::get_if<std::string>(answer)) {
      return fmt::format("the schema registry refuses the schema of {}: {}", wanted_[n].subject, *sentence);
    }
    const auto id = std::get<std::uint32_t>(*answer);
    if (n == 0) {
      ids_.value = id;
    } else {
      ids_.key = id;
    }
  }
  return {};
}

}  // namespace weir::pipeline
