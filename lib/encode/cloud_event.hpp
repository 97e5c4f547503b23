#pragma once

#include <base/clock.hpp>
#include <base/lsn.hpp>
#include <encode/text_buffer.hpp>
#include <encode/transaction_order.hpp>
#include <event/change.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::encode {

/// The attributes of a CloudEvent (specification 1.0, JSON's structured form) as Debezium's
/// CloudEventsConverter writes them: everything of a change's `source` under a name of its own, numbers as
/// strings.
///
/// Debezium's `id` is not unique: rows of one COPY share an LSN, and so do the two records of a changed key;
/// and it differs after a restart, when the commit before is not known. Ours is what stays: the position of the
/// change and the number of the record among those of the change. `is_debezium` asks for Debezium's.
class cloud_event {
 public:
  cloud_event(std::string_view name, std::string_view database, bool is_debezium);

  /// See envelope::committed.
  void committed(lsn end) { last_commit_ = end; }

  /// Everything from `{"id":` up to `"data":`. `part` is the record's number among those of its change.
  void append_opening(text_buffer& to, const event::change& what, event::operation op, wall_time now,
                      std::uint32_t part, const std::optional<transaction_order>& order) const;

 private:
  /// `["<last commit>","<lsn>"]`.
  [[nodiscard]] std::string sequence(lsn at) const;

  std::string name_;
  std::string opening_;   ///< from `","source"` to `"time":"`
  std::string database_;  ///< `","iodebeziumdb":"shop","iodebeziumsequence":`
  std::string head_;      ///< `","iodebeziumversion":...,"iodebeziumtsms":"`
  bool is_debezium_;
  lsn last_commit_;
};

}  // namespace weir::encode
