#pragma once

#include <event/record.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::pipeline {

/// Where a record of the dead-letter topic lies.
struct letter_place {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  auto operator<=>(const letter_place&) const = default;
};

/// A record of the dead-letter topic, taken apart again: see dead_letter. Views into the record.
struct read_letter {
  std::string_view code, sentence;           ///< what was wrong
  std::string_view listener, target, topic;  ///< where it came from and was to go
  std::string_view position, run;            ///< the original's; empty when it had none
  std::int64_t time_ms = 0;                  ///< when it became a letter
  std::uint32_t part = 1, parts = 1;
  bool holds_raw_row = false;  ///< there was never a record to be sent
  std::optional<std::string_view> key, value;
  std::optional<std::uint32_t> partition_hash;  ///< the original's
  std::span<const event::header> headers;       ///< the original's
};

/// Nothing when the record is no letter of ours, or one that contradicts itself (part 3 of 2).
[[nodiscard]] std::optional<read_letter> read_letter_of(const event::record& what);

/// Which letters are meant. What is empty does not matter.
struct letter_filter {
  std::vector<std::string> targets = {}, listeners = {}, codes = {}, topics = {};
  std::optional<std::int64_t> since_ms = {}, until_ms = {};  ///< of read_letter::time_ms; both inclusive

  [[nodiscard]] bool takes(const read_letter& which) const;
};

}  // namespace weir::pipeline
