#include <fmt/format.h>
#include <simdjson.h>
#include <encode/envelope.hpp>
#include <encode/json_text.hpp>

#include <algorithm>
#include <stdexcept>

namespace weir::encode {

namespace {

using event::operation;
using event::value;
using maybe_row = std::optional<event::row>;

/// What a source block says of a logical message, which belongs to no table.
constexpr std::string_view no_table_piece = "\"schema\":\"\",\"table\":\"\",\"txId\":";

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
    : tombstones_(options.tombstones), source_(options.name, options.database) {}

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
  const place removed = append_value(plan, what, sent_before(what), std::nullopt, operation::remove);
  const place created = append_value(plan, what, std::nullopt, what.after, operation::create);
  headers_[0] = {"__debezium.newkey", view(*new_key)};
  headers_[1] = {"__debezium.oldkey", view(*old_key)};
  const std::span<const event::header> headers(headers_);
  add(old_key, removed, headers.first(1));
  if (tombstones_ && plan.key_identifies()) add(old_key, std::nullopt, headers.first(1));
  add(new_key, created, headers.last(1));
  return result();
}

std::span<const encoded> envelope::encode_message(const event::change& what, wall_time now) {
  if (!simdjson::validate_utf8(what.message_prefix)) throw encode_error({}, {}, "its prefix is not UTF-8");
  start(now, std::nullopt);
  const std::size_t key_begin = out_.size();
  out_.append("{\"prefix\":");
  append_string(out_, what.message_prefix);
  out_.append("}");
  const place key{key_begin, out_.size()};
  out_.append("{\"op\":\"m\",\"ts_ms\":");
  append_milliseconds(out_, now);
  out_.append(",\"source\":");
  source_.append(out_, what, no_table_piece, now);
  out_.append(",\"transaction\":null,\"message\":{\"prefix\":");
  append_string(out_, what.message_prefix);
  out_.append(",\"content\":");
  append_base64(out_, what.message_content);
  out_.append("}}");
  add(key, place{key.end, out_.size()});
  return result();
}

void envelope::start(wall_time now, const std::optional<transaction_order>& order) {
  count_ = 0;
  order_ = order;
  out_.clear();
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
  out_.append("}");
  return place{begin, out_.size()};
}

envelope::maybe_place envelope::append_new_key(const table_plan& plan, const event::change& what) {
  if (!plan.has_key()) return std::nullopt;
  const std::size_t begin = out_.size();
  for (const auto& key : plan.key_) {
    const event::value& now = what.after[key.index];
    if (now.is == value::state::unchanged && !is_known(what.before, key.index)) {
      throw encode_error(plan.name_, plan.columns_[key.index].name,
                         "it belongs to the key, and the server sent neither its new nor its old value");
    }
    out_.append(key.opening);
    append_cell(plan, key.index, now, what.before);
  }
  out_.append("}");
  return place{begin, out_.size()};
}

envelope::place envelope::append_value(const table_plan& plan, const event::change& what,
                                       std::optional<event::row> before, std::optional<event::row> after,
                                       operation op) {
  const std::size_t begin = out_.size();
  out_.append("{\"before\":");
  append_row(plan, before, {});
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
  return {begin, out_.size()};
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

void envelope::append_row(const table_plan& plan, std::optional<event::row> maybe, event::row old) {
  if (!maybe) {
    out_.append("null");
    return;
  }
  const event::row row = *maybe;
  const std::size_t begin = out_.size();
  if (row.empty()) out_.append("{");
  for (std::size_t index = 0; index < row.size(); ++index) {
    out_.append(plan.columns_[index].opening);
    append_cell(plan, index, row[index], old);
  }
  out_.append("}");
  // Once for the row, not for each value: what stands between them is ASCII and completes no broken sequence.
  if (simdjson::validate_utf8(out_.view(begin, out_.size()))) return;
  for (std::size_t index = 0; index < row.size(); ++index) {
    if (row[index].is == value::state::text && !simdjson::validate_utf8(row[index].text)) {
      throw encode_error(plan.name_, plan.columns_[index].name, "its text is not UTF-8");
    }
  }
  throw encode_error(plan.name_, {}, "a text that it kept from its old row is not UTF-8");
}

void envelope::append_cell(const table_plan& plan, std::size_t index, const value& now, event::row old) {
  const table_plan::column& column = plan.columns_[index];
  const auto append_text = [&](std::string_view text) {
    if (column.writes.write(out_, text)) return;
    throw encode_error(
        plan.name_, column.name,
        fmt::format("its text of {} bytes is nothing that {} can hold", text.size(), column.writes.type));
  };
  switch (now.is) {
    case value::state::null:
      out_.append("null");
      break;
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

void envelope::add(maybe_place key, maybe_place value, std::span<const event::header> headers) {
  encoded& record = records_[count_];
  record.key = key ? std::optional(view(*key)) : std::nullopt;
  record.value = value ? std::optional(view(*value)) : std::nullopt;
  record.part = static_cast<std::uint32_t>(count_);
  record.headers = headers;
  ++count_;
}

}  // namespace weir::encode
