#include <fmt/format.h>
#include <simdjson.h>
#include <encode/envelope.hpp>
#include <encode/flat_row.hpp>
#include <encode/json_text.hpp>
#include <encode/schema_text.hpp>

#include <algorithm>
#include <stdexcept>

namespace weir::encode {

namespace {

using event::operation;
using event::value;
using maybe_row = std::optional<event::row>;

/// What a source block says of a logical message, which belongs to no table.
constexpr std::string_view no_table_piece = "\"schema\":\"\",\"table\":\"\",\"txId\":";

/// What stands before key and value of a logical message with schemas: the same for all.
const std::string& message_key_opening() {
  static const std::string text = schema_opening(message_key_schema());
  return text;
}
const std::string& message_value_opening() {
  static const std::string text = schema_opening(message_value_schema());
  return text;
}

/// The server sent this column's old value.
bool is_known(event::row old, std::size_t index) {
  return index < old.size() && old[index].is == value::state::text;
}

/// A NULL of an old row that came as identity only means "not sent" outside of the identity.
bool was_sent(bool is_identity, const event::change& what) {
  return what.before_is == event::old_row::full || (what.before_is == event::old_row::identity && is_identity);
}

maybe_row sent_before(const event::change& what) {
  return what.before_is == event::old_row::none ? std::nullopt : maybe_row(what.before);
}

bool differs(const value& old, const value& now) {
  if (now.is == value::state::unchanged) return false;
  return old.is != now.is || old.text != now.text;
}

}  // namespace

envelope::envelope(envelope_options options)
    : tombstones_(options.tombstones),
      name_(options.name),
      source_(options.name, options.database),
      events_(options.name, options.database, options.is_debezium) {
  if (options.is_debezium) context_size_ = most_context_headers;
}

std::span<const encoded> envelope::encode(const table_plan& plan, const event::change& what, wall_time now,
                                          const std::optional<transaction_order>& order) {
  check(plan, what);
  start(now, order);
  switch (what.op) {
    case operation::create:
    case operation::read: {
      const maybe_place key = append_new_key(plan, what);
      add(key, append_value(plan, what, std::nullopt, what.after, what.op));
      break;
    }
    case operation::update: {
      const auto key_moves = [&](const table_plan::key_column& key) {
        return was_sent(plan.columns_[key.index].is_identity, what) &&
               differs(what.before[key.index], what.after[key.index]);
      };
      if (std::any_of(plan.key_.begin(), plan.key_.end(), key_moves)) return encode_key_change(plan, what);
      const maybe_place key = append_new_key(plan, what);
      add(key, append_value(plan, what, sent_before(what), what.after, what.op));
      break;
    }
    case operation::remove:
      return encode_delete(plan, what);
    case operation::truncate:
      add(std::nullopt, append_value(plan, what, std::nullopt, std::nullopt, what.op));
      break;
    case operation::message:
      throw std::logic_error("a logical message has no table: use encode_message");
  }
  return result();
}

std::string_view envelope::encode_value(const table_plan& plan, const event::change& what, wall_time now,
                                        const std::optional<transaction_order>& order) {
  check(plan, what);
  start(now, order);
  switch (what.op) {
    case operation::create:
    case operation::read:
      return view(append_value(plan, what, std::nullopt, what.after, what.op));
    case operation::update:
      return view(append_value(plan, what, sent_before(what), what.after, what.op));
    case operation::remove:
      return view(append_value(plan, what, sent_before(what), std::nullopt, what.op));
    case operation::truncate:
      return view(append_value(plan, what, std::nullopt, std::nullopt, what.op));
    case operation::message:
      break;
  }
  throw std::logic_error("a logical message has no table: use encode_message");
}

std::span<const encoded> envelope::encode_delete(const table_plan& plan, const event::change& what) {
  const maybe_place key = append_old_key(plan, what);
  add(key, append_value(plan, what, sent_before(what), std::nullopt, operation::remove));
  if (tombstones_ && plan.key_identifies()) add(key, std::nullopt);
  return result();
}

/// For whoever keeps the newest value of each key, a change of the key is a delete of the old one and an insert
/// of the new one.
std::span<const encoded> envelope::encode_key_change(const table_plan& plan, const event::change& what) {
  const maybe_place old_key = append_old_key(plan, what);
  const maybe_place new_key = append_new_key(plan, what);
  const bool has_tombstone = tombstones_ && plan.key_identifies();
  const place removed = append_value(plan, what, sent_before(what), std::nullopt, operation::remove);
  count_ = has_tombstone ? 2 : 1;  // the number of the next record
  const place created = append_value(plan, what, std::nullopt, what.after, operation::create);
  count_ = 0;
  std::copy_n(context_.begin(), context_size_, old_key_headers_.begin() + 1);
  std::copy_n(context_.begin(), context_size_, new_key_headers_.begin() + 1);
  old_key_headers_[0] = {"__debezium.newkey", payload(*new_key)};
  new_key_headers_[0] = {"__debezium.oldkey", payload(*old_key)};
  const std::size_t headers = 1 + context_size_;
  add(old_key, removed, {old_key_headers_.data(), headers});
  if (has_tombstone) add(old_key, std::nullopt, {old_key_headers_.data(), headers});
  add(new_key, created, {new_key_headers_.data(), headers});
  return result();
}

std::span<const encoded> envelope::encode_message(const event::change& what, wall_time now,
                                                  record_format format) {
  if (!simdjson::validate_utf8(what.message_prefix)) throw encode_error({}, {}, "its prefix is not UTF-8");
  start(now, std::nullopt);
  const bool has_schema = format == record_format::debezium_schema;
  if (has_schema) out_.append(message_key_opening());
  out_.append("{\"prefix\":");
  append_string(out_, what.message_prefix);
  out_.append(has_schema ? "}}" : "}");
  const place key{0, out_.size()};
  switch (format) {
    case record_format::debezium:
    case record_format::flat:
    case record_format::avro:
      append_message(what, now);
      break;
    case record_format::debezium_schema:
      out_.append(message_value_opening());
      append_message(what, now);
      out_.append("}");
      break;
    case record_format::cloudevents:
      events_.append_opening(out_, what, operation::message, now, 0, order_);
      out_.append("{\"message\":{\"prefix\":");
      append_string(out_, what.message_prefix);
      out_.append(",\"content\":");
      append_base64(out_, what.message_content);
      out_.append("}}}");
      break;
  }
  add(key, place{key.end, out_.size()});
  records_[0].headers = {};  // those of the context are for rows
  return result();
}

void envelope::append_message(const event::change& what, wall_time now) {
  out_.append("{\"op\":\"m\",\"ts_ms\":");
  append_milliseconds(out_, now);
  out_.append(",\"source\":");
  source_.append(out_, what, no_table_piece, now);
  out_.append(",\"transaction\":null,\"message\":{\"prefix\":");
  append_string(out_, what.message_prefix);
  out_.append(",\"content\":");
  append_base64(out_, what.message_content);
  out_.append("}}");
}

void envelope::start(wall_time now, const std::optional<transaction_order>& order) {
  count_ = 0;
  order_ = order;
  out_.clear();
  if (context_size_ != 0) {
    context_ = {{{"__debezium.context.connectorLogicalName", name_},
                 {"__debezium.context.taskId", "0"},
                 {"__debezium.context.connectorName", "postgresql"}}};
  }
  if (closing_is_of_ == now) return;
  closing_.clear();
  closing_.append("\",\"ts_ms\":");
  append_milliseconds(closing_, now);
  closing_.append(",\"ts_us\":");
  append_microseconds(closing_, now);
  closing_.append(",\"ts_ns\":");
  append_nanoseconds(closing_, now);
  closing_.append("}");
  closing_is_of_ = now;
}

void envelope::check(const table_plan& plan, const event::change& what) const {
  if (what.table == nullptr || what.table->version != plan.version_) {
    throw std::logic_error(fmt::format("the plan of {} is of another version of the table", plan.name_));
  }
  if (!plan.names_are_utf8_) throw encode_error(plan.name_, {}, "its name or that of a column is not UTF-8");
  const bool has_before = what.before_is != event::old_row::none;
  const bool has_after = what.op != operation::remove && what.op != operation::truncate;
  const auto fits = [&](bool is_there, event::row row) {
    return !is_there || row.size() == plan.columns_.size();
  };
  if (!fits(has_before, what.before) || !fits(has_after, what.after)) {
    throw encode_error(plan.name_, {},
                       fmt::format("it has not the {} values of its table", plan.columns_.size()));
  }
  if (what.op == operation::remove && !has_before) {
    throw encode_error(plan.name_, {}, "it is deleted, and the server sent nothing of it");
  }
}

/// The key of the old row, which is known as far as the replica identity goes.
envelope::maybe_place envelope::append_old_key(const table_plan& plan, const event::change& what) {
  if (!plan.has_key()) return std::nullopt;
  const std::size_t begin = out_.size();
  if (!plan.key_opening_.empty()) out_.append(plan.key_opening_);
  const std::size_t payload = out_.size();
  for (const auto& key : plan.key_) {
    const table_plan::column& column = plan.columns_[key.index];
    if (!was_sent(column.is_identity, what)) {
      throw encode_error(plan.name_, column.name,
                         "it belongs to the key, and the old row came without it: the replica identity has to "
                         "cover the key");
    }
    out_.append(key.opening);
    append_cell(plan, key.index, what.before[key.index], {});
  }
  return close_key(plan, begin, payload);
}

envelope::maybe_place envelope::append_new_key(const table_plan& plan, const event::change& what) {
  if (!plan.has_key()) return std::nullopt;
  const std::size_t begin = out_.size();
  if (!plan.key_opening_.empty()) out_.append(plan.key_opening_);
  const std::size_t payload = out_.size();
  for (const auto& key : plan.key_) {
    const event::value& now = what.after[key.index];
    if (now.is == value::state::unchanged && !is_known(what.before, key.index)) {
      throw encode_error(plan.name_, plan.columns_[key.index].name,
                         "it belongs to the key, and the server sent neither its new nor its old value");
    }
    out_.append(key.opening);
    append_cell(plan, key.index, now, what.before);
  }
  return close_key(plan, begin, payload);
}

envelope::maybe_place envelope::close_key(const table_plan& plan, std::size_t begin, std::size_t payload) {
  out_.append("}");
  const std::size_t payload_end = out_.size();
  if (!plan.key_opening_.empty()) out_.append("}");
  return place{begin, out_.size(), payload, payload_end};
}

envelope::place envelope::append_value(const table_plan& plan, const event::change& what,
                                       std::optional<event::row> before, std::optional<event::row> after,
                                       operation op) {
  const std::size_t begin = out_.size();
  switch (plan.format_) {
    case record_format::debezium:
    case record_format::avro:
      append_envelope(plan, what, before, after, op);
      break;
    case record_format::debezium_schema:
      out_.append(plan.value_opening_);
      append_envelope(plan, what, before, after, op);
      out_.append("}");
      break;
    case record_format::flat:
      append_flat(plan, what, before, after, op);
      break;
    case record_format::cloudevents:
      append_event(plan, what, before, after, op);
      break;
  }
  return {begin, out_.size()};
}

void envelope::append_envelope(const table_plan& plan, const event::change& what,
                               std::optional<event::row> before, std::optional<event::row> after,
                               operation op) {
  out_.append("{\"before\":");
  append_row(plan, before, {}, what.before_is);
  out_.append(",\"after\":");
  append_row(plan, after, what.before);
  out_.append(",\"source\":");
  source_.append(out_, what, plan.source_piece_, *closing_is_of_);
  if (order_) {
    append_order();
  } else {
    out_.append(",\"transaction\":null,\"op\":\"");
  }
  const char letter = static_cast<char>(op);
  out_.append({&letter, 1});
  out_.append(closing_.view(0, closing_.size()));
}

/// A row that is gone is told by what is known of it.
void envelope::append_flat(const table_plan& plan, const event::change& what, std::optional<event::row> before,
                           std::optional<event::row> after, operation op) {
  const std::size_t begin = out_.size();
  const maybe_row row = after ? after : before;
  if (row && !plan.shown_.empty()) {
    append_columns(plan, *row, after ? what.before : event::row{},
                   after ? event::old_row::full : what.before_is);
    require_utf8(plan, *row, begin);
    out_.append(",");
  } else {
    out_.append("{");
  }
  append_flat_fields(out_, plan.flat_piece_, what, op, *closing_is_of_, order_);
  out_.append("}");
  count_event();
}

void envelope::append_event(const table_plan& plan, const event::change& what, std::optional<event::row> before,
                            std::optional<event::row> after, operation op) {
  events_.append_opening(out_, what, op, *closing_is_of_, static_cast<std::uint32_t>(count_), order_);
  out_.append("{\"before\":");
  append_row(plan, before, {}, what.before_is);
  out_.append(",\"after\":");
  append_row(plan, after, what.before);
  out_.append("}}");
  count_event();
}

void envelope::count_event() {
  if (!order_) return;
  ++order_->total_order;
  ++order_->data_collection_order;
}

void envelope::append_order() {
  out_.append(",\"transaction\":{\"id\":");
  append_string(out_, order_->id);
  out_.append(",\"total_order\":");
  append_number(out_, order_->total_order++);
  out_.append(",\"data_collection_order\":");
  append_number(out_, order_->data_collection_order++);
  out_.append("},\"op\":\"");
}

void envelope::append_row(const table_plan& plan, std::optional<event::row> maybe, event::row old,
                          event::old_row is) {
  if (!maybe) {
    out_.append("null");
    return;
  }
  const std::size_t begin = out_.size();
  if (plan.shown_.empty()) out_.append("{");
  append_columns(plan, *maybe, old, is);
  out_.append("}");
  require_utf8(plan, *maybe, begin);
}

/// The columns of a row with what opens each, as the plan shows them.
void envelope::append_columns(const table_plan& plan, event::row row, event::row old, event::old_row is) {
  if (plan.shows_all_) {
    for (std::size_t index = 0; index < row.size(); ++index) {
      out_.append(plan.columns_[index].opening);
      append_cell(plan, index, row[index], old, is);
    }
    return;
  }
  for (const std::uint16_t index : plan.shown_) {
    out_.append(plan.columns_[index].opening);
    if (plan.columns_[index].masked == nullptr) {
      append_cell(plan, index, row[index], old, is);
    } else {
      append_masked(plan, index, row[index], old);
    }
  }
}

void envelope::require_utf8(const table_plan& plan, event::row row, std::size_t begin) const {
  // Once for the row, not for each value: what stands between them is ASCII and completes no broken sequence.
  if (simdjson::validate_utf8(out_.view(begin, out_.size()))) return;
  for (std::size_t index = 0; index < row.size(); ++index) {
    if (row[index].is == value::state::text && !simdjson::validate_utf8(row[index].text)) {
      throw encode_error(plan.name_, plan.columns_[index].name, "its text is not UTF-8");
    }
  }
  throw encode_error(plan.name_, {}, "a text that it kept from its old row is not UTF-8");
}

void envelope::append_cell(const table_plan& plan, std::size_t index, const value& now, event::row old,
                           event::old_row is) {
  const table_plan::column& column = plan.columns_[index];
  const auto append_text = [&](std::string_view text) {
    if (column.writes.write(out_, text, column.writes)) return;
    throw encode_error(
        plan.name_, column.name,
        fmt::format("its text of {} bytes is nothing that {} can hold", text.size(), column.writes.type));
  };
  switch (now.is) {
    case value::state::null: {
      const bool was_left_out = is == event::old_row::identity && !column.is_identity;
      out_.append(was_left_out ? column.writes.missing : column.writes.null);
      break;
    }
    case value::state::text:
      append_text(now.text);
      break;
    case value::state::unchanged:
      if (is_known(old, index)) {
        append_text(old[index].text);
      } else {
        out_.append(column.writes.unavailable);
      }
      break;
  }
}

/// What a masked column shows depends on its value alone, never on its type: NULL stays NULL.
void envelope::append_masked(const table_plan& plan, std::size_t index, const value& now, event::row old) {
  const mask& how = *plan.columns_[index].masked;
  switch (now.is) {
    case value::state::null:
      out_.append("null");
      break;
    case value::state::text:
      how.append(out_, now.text);
      break;
    case value::state::unchanged:
      if (is_known(old, index)) {
        how.append(out_, old[index].text);
      } else {
        how.append_unknown(out_, plan.unavailable_);
      }
      break;
  }
}

void envelope::add(maybe_place key, maybe_place value, std::span<const event::header> headers) {
  encoded& record = records_[count_];
  record.key = key ? std::optional(view(*key)) : std::nullopt;
  record.value = value ? std::optional(view(*value)) : std::nullopt;
  record.part = static_cast<std::uint32_t>(count_);
  record.headers = headers.empty() ? context() : headers;
  ++count_;
}

}  // namespace weir::encode
