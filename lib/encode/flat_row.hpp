#pragma once

#include <base/clock.hpp>
#include <encode/text_buffer.hpp>
#include <encode/transaction_order.hpp>
#include <event/change.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace weir::encode {

/// Whether a column's name is one of the fields that a flat row adds.
[[nodiscard]] bool is_flat_field(std::string_view column);

/// `"__schema":"public","__table":"t","__txId":`, prepared once for a table.
[[nodiscard]] std::string flat_piece(std::string_view schema, std::string_view table);

/// What a flat row adds to its columns, without a comma in front: `"__deleted":"false","__op":"c",` the piece
/// of the table, and where and when it happened; where it stands in its transaction when `order` is there. As
/// the options `add.fields` and `delete.tombstone.handling.mode=rewrite-with-tombstone` of Debezium's
/// ExtractNewRecordState name and write them.
void append_flat_fields(text_buffer& to, std::string_view piece, const event::change& what, event::operation op,
                        wall_time now, const std::optional<transaction_order>& order);

}  // namespace weir::encode
