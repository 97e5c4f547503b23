#pragma once

#include <event/change.hpp>
#include <event/position.hpp>
#include <event/sink.hpp>

#include <cstdint>
#include <string>
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
  std::string_view topic;  ///< where it was to go
};

/// Makes the record for the dead-letter topic: the original's key, value and headers, and in headers of its own
/// what was wrong (`weir.error.code`, `weir.error`) and where it came from (`weir.listener`, `weir.target`,
/// `weir.topic`, `weir.time`). A value above `most` bytes is written in parts (`weir.part` from 1,
/// `weir.parts`); nothing is ever cut off.
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
  std::vector<event::header> headers_;
  event::position at_;
};

/// The value of a letter for a change that could not be encoded: a JSON object with operation, schema, table
/// and the rows as they came, every value as base64 of the server's bytes, because they may not be UTF-8.
[[nodiscard]] std::string raw_row(const event::change& what);

}  // namespace weir::pipeline
