#pragma once

#include <optional>
#include <string_view>

namespace weir::filter {

/// The double nearest to the number that the whole text is; what is too small is zero. Nothing for what is too
/// large and for other texts.
[[nodiscard]] std::optional<double> parse_double(std::string_view text);

}  // namespace weir::filter
