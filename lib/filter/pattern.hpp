#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include <re2/re2.h>

namespace weir::filter {

/// Bounds what a regular expression may cost: RE2 is linear in the text, these bound the factor.
inline constexpr std::size_t longest_pattern = 1024;
inline constexpr std::int64_t pattern_memory = 1 << 20;

/// Null for a pattern that is too long. Others that are none say so themselves (`ok()`, `error()`).
[[nodiscard]] std::unique_ptr<re2::RE2> compile_pattern(std::string_view text);

[[nodiscard]] bool is_found(const re2::RE2& pattern, std::string_view text);

}  // namespace weir::filter
