#pragma once

#include <encode/column_choice.hpp>
#include <event/change.hpp>
#include <event/position.hpp>
#include <event/sink.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::pipeline {

/// One piece of a dead letter, ready to be offered. `what` views into the dead letter that made it.
struct dead_letter_part {
  event::record what;
  event::position at;
};

/// Where a dead letter came from.
struct origin_of_letter {
  std::string_view listener;
  std::string_view target;
  std::string_view topic;                           ///< where it was to go
  std::optional<std::uint32_t> xid = {};            ///< none: it was no transaction's
  std::optional<std::int64_t> commit_time_ms = {};  ///< likewise
  std::optional<std::uint32_t> attempts = {};       ///< how often it was offered to the sink; none: not counted
  bool holds_raw_row = false;                       ///< the value is raw_row()'s, not the record's
};

/// Names of a letter's own headers. They stand behind the original's, this one first: whoever reads a letter
/// finds the original's headers in front of the last one of this name.
inline constexpr std::string_view first_letter_header = "weir.error.code";
/// The error code of a change that could not be encoded: its letter holds the raw row, not a record.
inline constexpr std::string_view encode_error_code = "ENCODE";

/// Makes the record for the dead-letter topic: the original's key, value and headers, and in headers of its own
/// what was wrong (`weir.error.code`, `weir.error`), where it came from (`weir.listener`, `weir.target`,
/// `weir.topic`, and as far as known `weir.xid`, `weir.commit_time` in milliseconds), when it was given up
/// (`weir.time`) and after how many attempts (`weir.attempts`); `weir.content: raw_row` where there was no
/// record, `weir.partition_hash` where something else than the key chose the partition. A value above `most`
/// bytes is written in parts (`weir.part` from 1, `weir.parts`); nothing is ever cut off.
class dead_letter {
 public:
  dead_letter(const event::record& what, const event::refusal& why, const origin_of_letter& from,
              std::int64_t time_ms);

  [[nodiscard]] std::size_t parts(std::size_t most) const;
  /// The `number`-th part, from 0. Valid until the next call and as long as the original.
  [[nodiscard]] dead_letter_part part(std::size_t number, std::size_t most);

 private:
  const event::record& what_;
  std::vector<std::pair<std::string, std::string>> own_;
  std::size_t own_of_every_part_ = 0;
  std::vector<event::header> headers_;
  event::position at_;
};

/// The value of a letter for a change that could not be encoded: a JSON object with operation, schema, table
/// and the rows as they came, every value as base64 of the server's bytes, because they may not be UTF-8. What
/// `columns` hides is not in it.
[[nodiscard]] std::string raw_row(const event::change& what, const encode::column_choice* columns = nullptr);

}  // namespace weir::pipeline
