#pragma once

#include <base/lsn.hpp>
#include <postgres/result.hpp>

#include <cstdint>
#include <string_view>

namespace weir::postgres {

/// Typed cells of an answer. Each throws weir::failure (corrupt, "protocol") when the text is of another type.
[[nodiscard]] std::int64_t number_at(const result& in, std::size_t row, std::string_view column);
/// NULL is no LSN.
[[nodiscard]] lsn lsn_at(const result& in, std::size_t row, std::string_view column);

}  // namespace weir::postgres
