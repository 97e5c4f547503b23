#include <encode/flat_row.hpp>
#include <encode/json_text.hpp>
#include <encode/record_origin.hpp>
#include <encode/source_block.hpp>

#include <algorithm>
#include <array>

namespace weir::encode {
namespace {

constexpr std::array<std::string_view, 11> fields{"__deleted",
                                                  "__op",
                                                  "__schema",
                                                  "__table",
                                                  "__txId",
                                                  "__lsn",
                                                  "__source_ts_ms",
                                                  "__ts_ms",
                                                  "__transaction_id",
                                                  "__transaction_total_order",
                                                  "__transaction_data_collection_order"};

void append_order(text_buffer& to, const transaction_order& order) {
  to.append(",\"__transaction_id\":");
  append_string(to, order.id);
  to.append(",\"__transaction_total_order\":");
  append_number(to, order.total_order);
  to.append(",\"__transaction_data_collection_order\":");
  append_number(to, order.data_collection_order);
}

}  // namespace

bool is_flat_field(std::string_view column) {
  return std::find(fields.begin(), fields.end(), column) != fields.end();
}

std::string flat_piece(std::string_view schema, std::string_view table) {
  return "\"__schema\":" + json_string(schema) + ",\"__table\":" + json_string(table) + ",\"__txId\":";
}

void append_flat_fields(text_buffer& to, std::string_view piece, const event::change& what, event::operation op,
                        wall_time now, const std::optional<transaction_order>& order) {
  const bool is_gone = op == event::operation::remove || op == event::operation::truncate;
  to.append(is_gone ? R"("__deleted":"true","__op":")" : R"("__deleted":"false","__op":")");
  const char letter = static_cast<char>(op);
  to.append({&letter, 1});
  to.append("\",");
  to.append(piece);
  const record_origin from = origin_of(what, now);
  if (from.xid) {
    append_number(to, *from.xid);
  } else {
    to.append("null");
  }
  to.append(",\"__lsn\":");
  append_number(to, from.position.value());
  to.append(",\"__source_ts_ms\":");
  append_milliseconds(to, from.at);
  to.append(",\"__ts_ms\":");
  append_milliseconds(to, now);
  if (order) append_order(to, *order);
}

}  // namespace weir::encode
