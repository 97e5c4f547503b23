#include <postgres/result.hpp>

#include <algorithm>
#include <stdexcept>

namespace weir::postgres {

const result::cell& result::at(std::size_t row, std::string_view column) const {
  const auto found = std::find(columns_.begin(), columns_.end(), column);
  if (found == columns_.end()) throw std::out_of_range{"no column " + std::string{column} + " in the answer"};
  return rows_.at(row).at(static_cast<std::size_t>(found - columns_.begin()));
}

}  // namespace weir::postgres
