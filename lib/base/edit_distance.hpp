#pragma once

#include <cstddef>
#include <string_view>

namespace weir {

/// Levenshtein's: how many bytes must be changed, added or taken away. For suggestions in messages.
[[nodiscard]] std::size_t edit_distance(std::string_view from, std::string_view to);

}  // namespace weir
