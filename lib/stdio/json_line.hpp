#pragma once

#include <event/record.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weir::stdio {

/// A record as one line, and where its key and value lie in it.
struct json_line {
  struct place {
    std::size_t at = 0;
    std::size_t size = 0;
    std::string bytes = {};  ///< what `text` shows in another form; empty when it lies there as it is
  };
  std::string text;  ///< with its line feed
  std::optional<place> key;
  std::optional<place> value;

  /// The record as it was, but for its headers: a view into `text`.
  [[nodiscard]] event::record record() const;
};

/// Key and value are JSON documents and are embedded as they are. With `may_be_anything` (a dead letter's value
/// is what could not be sent) they are checked, and what is no JSON becomes "key_hex", "value_hex".
[[nodiscard]] json_line to_line(std::string_view topic, const event::record& what, bool may_be_anything);

}  // namespace weir::stdio
