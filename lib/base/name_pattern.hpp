#pragma once

#include <string_view>

namespace weir {

/// Whether `name` is one that `pattern` means: `*` stands for any characters, everything else for itself.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view name);

}  // namespace weir
