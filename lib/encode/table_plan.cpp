#include <simdjson.h>
#include <encode/json_text.hpp>
#include <encode/table_plan.hpp>

namespace weir::encode {

namespace {

constant_text opening(bool is_first, std::string_view name) {
  return constant_text((is_first ? "{" : ",") + json_string(name) + ":");
}

}  // namespace

table_plan::table_plan(const event::relation& of)
    : version_(of.version),
      name_(of.schema + "." + of.name),
      names_are_utf8_(simdjson::validate_utf8(of.schema) && simdjson::validate_utf8(of.name)) {
  source_piece_ = "\"schema\":" + json_string(of.schema) + ",\"table\":" + json_string(of.name) + ",\"txId\":";
  columns_.reserve(of.columns.size());
  for (const event::column& each : of.columns) {
    names_are_utf8_ = names_are_utf8_ && simdjson::validate_utf8(each.name);
    columns_.push_back({opening(columns_.empty(), each.name), cell_for(each.base_type_oid, each.type_modifier),
                        each.is_identity, each.name});
  }
  key_.reserve(of.key.size());
  for (const std::uint16_t index : of.key) {
    key_.push_back({opening(key_.empty(), of.columns.at(index).name), index});
  }
}

}  // namespace weir::encode
