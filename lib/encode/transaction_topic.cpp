#include <encode/json_text.hpp>
#include <encode/record_schema.hpp>
#include <encode/schema_text.hpp>
#include <encode/source_block.hpp>
#include <encode/transaction_topic.hpp>

#include <fmt/format.h>

#include <numeric>

namespace weir::encode {
namespace {

std::string content(const text_buffer& of) { return std::string(of.view(0, of.size())); }

std::string key_of(std::string_view id) {
  text_buffer key;
  key.append("{\"id\":");
  append_string(key, id);
  key.append("}");
  return content(key);
}

void append_opening(text_buffer& to, std::string_view status, std::string_view id) {
  to.append("{\"status\":\"");
  to.append(status);
  to.append("\",\"id\":");
  append_string(to, id);
  to.append(",\"event_count\":");
}

std::string closed_with(text_buffer value, wall_time at) {
  value.append(",\"ts_ms\":");
  append_milliseconds(value, at);
  value.append("}");
  return content(value);
}

}  // namespace

std::string transaction_id(const event::transaction& of) {
  return fmt::format("{}:{}", of.xid, of.final_lsn.value());
}

transaction_record transaction_begin(std::string_view id, wall_time at) {
  text_buffer value;
  append_opening(value, "BEGIN", id);
  value.append("null,\"data_collections\":null");
  return {key_of(id), closed_with(std::move(value), at)};
}

transaction_record transaction_end(std::string_view id, wall_time at,
                                   std::span<const collection_count> tables) {
  text_buffer value;
  append_opening(value, "END", id);
  append_number(value, std::accumulate(tables.begin(), tables.end(), std::uint64_t{0},
                                       [](std::uint64_t sum, const auto& each) { return sum + each.events; }));
  value.append(",\"data_collections\":[");
  for (const collection_count& each : tables) {
    value.append(&each == tables.data() ? "{\"data_collection\":" : ",{\"data_collection\":");
    append_string(value, each.name);
    value.append(",\"event_count\":");
    append_number(value, each.events);
    value.append("}");
  }
  value.append("]");
  return {key_of(id), closed_with(std::move(value), at)};
}

transaction_record with_schema(const transaction_record& of) {
  static const std::string key = schema_opening(transaction_key_schema());
  static const std::string value = schema_opening(transaction_value_schema());
  return {key + of.key + "}", value + of.value + "}"};
}

}  // namespace weir::encode
