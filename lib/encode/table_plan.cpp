#include <simdjson.h>
#include <encode/encode_error.hpp>
#include <encode/flat_row.hpp>
#include <encode/json_text.hpp>
#include <encode/schema_text.hpp>
#include <encode/table_plan.hpp>

#include <algorithm>
#include <utility>

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

/// What a masked value is, whatever it was. Its NULL stays NULL, and nothing stands in its place where the
/// server did not send it.
connect_schema masked_schema() {
  connect_schema made;
  made.is = connect_schema::kind::string;
  made.is_optional = true;
  return made;
}

}  // namespace

table_plan::table_plan(const event::relation& of, const key_choice& key, const plan_options& with)
    : version_(of.version),
      format_(with.format),
      name_(of.schema + "." + of.name),
      choice_(with.columns),
      unavailable_(with.modes.unavailable),
      names_are_utf8_(simdjson::validate_utf8(of.schema) && simdjson::validate_utf8(of.name)) {
  source_piece_ = "\"schema\":" + json_string(of.schema) + ",\"table\":" + json_string(of.name) + ",\"txId\":";
  choose_columns(of, with);
  choose_key(of, key);
  switch (format_) {
    case record_format::debezium:
    case record_format::cloudevents:
      break;
    case record_format::flat:
      flat_piece_ = flat_piece(of.schema, of.name);
      break;
    case record_format::debezium_schema:
      describe(of, with);
      if (has_key()) key_opening_ = schema_opening(*schema_->key);
      value_opening_ = schema_opening(schema_->value);
      break;
    case record_format::avro:
      describe(of, with);
      break;
  }
}

void table_plan::choose_columns(const event::relation& of, const plan_options& with) {
  columns_.reserve(of.columns.size());
  for (const event::column& each : of.columns) {
    names_are_utf8_ = names_are_utf8_ && simdjson::validate_utf8(each.name);
    column made{{}, cell_for(each, with.modes), each.is_identity, each.name, nullptr};
    const bool is_shown = !made.writes.is_left_out && (!choice_ || choice_->shows(of, each.name));
    if (is_shown) {
      if (format_ == record_format::flat && is_flat_field(each.name)) {
        throw encode_error(name_, each.name, "the format flat has a field of that name");
      }
      if (choice_) made.masked = choice_->mask_of(of, each.name);
      made.opening = opening(shown_.empty(), each.name);
      shown_.push_back(static_cast<std::uint16_t>(columns_.size()));
    }
    shows_all_ = shows_all_ && is_shown && made.masked == nullptr;
    columns_.push_back(std::move(made));
  }
}

void table_plan::choose_key(const event::relation& of, const key_choice& key) {
  const indexes chosen = indexes_of(key, of);
  key_.reserve(chosen.size());
  for (const std::uint16_t index : chosen) {
    const std::string& name = of.columns.at(index).name;
    if (choice_ && choice_->hides(of, name)) {
      throw encode_error(name_, name,
                         choice_->shows(of, name) ? "it belongs to the key, and the listener masks it"
                                                  : "it belongs to the key, and the listener leaves it out");
    }
    key_.push_back({opening(key_.empty(), name), index});
  }
  key_identifies_ = tells_rows_apart(chosen, of);
}

void table_plan::describe(const event::relation& of, const plan_options& with) {
  const auto field_of = [this](std::size_t index) {
    const column& each = columns_[index];
    return connect_schema::field{each.name, each.masked == nullptr ? each.writes.schema : masked_schema()};
  };
  const std::string base = schema_base(with.prefix, of.schema, of.name);
  std::vector<connect_schema::field> row;
  for (const std::uint16_t index : shown_) row.push_back(field_of(index));
  std::vector<connect_schema::field> key;
  for (const key_column& each : key_) key.push_back(field_of(each.index));
  schema_.emplace();
  if (!key.empty()) schema_->key = key_schema(base, key);
  schema_->value = envelope_schema(base, row_schema(base, row));
}

std::vector<std::string> table_plan::uncovered_key_columns() const {
  std::vector<std::string> names;
  for (const key_column& each : key_) {
    if (!columns_[each.index].is_identity) names.push_back(columns_[each.index].name);
  }
  return names;
}

}  // namespace weir::encode
