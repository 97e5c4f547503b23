#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace weir::filter {

/// A mistake in the text of a filter. Both are counted from 1, the column in characters, not in bytes.
struct problem {
  std::size_t line = 1;
  std::size_t column = 1;
  std::string
      what;  ///< a sentence without the place, like `there is no column 'stauts'; did you mean 'status'?`
};

using problems = std::vector<problem>;

}  // namespace weir::filter
