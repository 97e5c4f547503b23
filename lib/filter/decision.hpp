#pragma once

#include <cstdint>
#include <string>

namespace weir::filter {

/// What a filter says of one change or one transaction.
struct decision {
  enum class kind : std::uint8_t {
    keep,
    drop,
    error,  ///< no answer, like a division by zero or a column that was not sent: the listener's policy decides
  };
  kind is = kind::drop;
  std::string what;  ///< a sentence with line and column, for `error` only
};

}  // namespace weir::filter
