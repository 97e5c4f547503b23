#pragma once

#include <encode/envelope.hpp>
#include <encode/transaction_topic.hpp>
#include <event/change.hpp>

#include <cstdint>
#include <string>
#include <unordered_map>

namespace weir::pipeline {

/// Numbers the events of the open transaction, as Debezium's transaction metadata does: over all, and for each
/// table. Only changes that some listener takes count.
class transaction_marks {
 public:
  void begin(const event::transaction& of);
  /// Whether the record of BEGIN is still to be written: true once, with the first event.
  [[nodiscard]] bool starts();
  /// Of the change that comes next.
  [[nodiscard]] encode::transaction_order next(const event::change& what) const;
  /// It became `events` records that have a value.
  void took(const event::change& what, std::uint64_t events);
  [[nodiscard]] bool has_begun() const { return has_begun_; }

  [[nodiscard]] encode::transaction_record begin_record() const;
  [[nodiscard]] encode::transaction_record end_record() const;

 private:
  std::string id_;
  wall_time at_{};
  std::uint64_t events_ = 0;
  bool has_begun_ = false;
  std::unordered_map<std::uint32_t, encode::collection_count> tables_;  ///< by the relation's OID
};

}  // namespace weir::pipeline
