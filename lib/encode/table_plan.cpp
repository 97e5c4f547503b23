#include <simdjson.h>
#include <encode/encode_error.hpp>
#include <encode/json_text.hpp>
#include <encode/table_plan.hpp>

#include <algorithm>

namespace weir::encode {

namespace {

constant_text opening(bool is_first, std::string_view name) {
  return constant_text((is_first ? "{" : ",") + json_string(name) + ":");
}

using indexes = std::vector<std::uint16_t>;

indexes indexes_of(const column_key& key, const event::relation& of) {
  indexes found;
  for (const std::string& name : key.names) {
    const auto refuse = [&](std::string_view complaint) {
      throw encode_error(of.schema + "." + of.name, name, complaint);
    };
    const auto at = std::find_if(of.columns.begin(), of.columns.end(),
                                 [&](const event::column& each) { return each.name == name; });
    if (at == of.columns.end()) refuse("the key is made of it, and the table has no such column");
    const auto index = static_cast<std::uint16_t>(at - of.columns.begin());
    if (std::find(found.begin(), found.end(), index) != found.end()) refuse("the key names it twice");
    found.push_back(index);
  }
  return found;
}

indexes indexes_of(const key_choice& key, const event::relation& of) {
  if (std::holds_alternative<table_key>(key)) return of.key;
  if (const auto* given = std::get_if<column_key>(&key)) return indexes_of(*given, of);
  return {};
}

/// Without a key of its own nobody knows what tells the rows of a table apart.
bool tells_rows_apart(const indexes& key, const event::relation& of) {
  return !of.key.empty() && std::all_of(of.key.begin(), of.key.end(), [&](std::uint16_t own) {
    return std::find(key.begin(), key.end(), own) != key.end();
  });
}

}  // namespace

table_plan::table_plan(const event::relation& of, const key_choice& key)
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
  const indexes chosen = indexes_of(key, of);
  key_.reserve(chosen.size());
  for (const std::uint16_t index : chosen) {
    key_.push_back({opening(key_.empty(), of.columns.at(index).name), index});
  }
  key_identifies_ = tells_rows_apart(chosen, of);
}

std::vector<std::string> table_plan::uncovered_key_columns() const {
  std::vector<std::string> names;
  for (const key_column& each : key_) {
    if (!columns_[each.index].is_identity) names.push_back(columns_[each.index].name);
  }
  return names;
}

}  // namespace weir::encode
