#pragma once

#include <event/change.hpp>

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace weir::postgres {

/// Takes one row of COPY ... TO STDOUT in its text format apart (PostgreSQL's documentation of COPY, "Text
/// Format"): `line` with or without its line end, which is changed in place where the server escaped something.
/// The values are views into it. `into` is emptied first and grows to `columns` values.
///
/// Throws weir::failure (corrupt, "protocol") for another number of columns, a backslash before something that
/// the server never escapes, or an unescaped line end.
void read_copied_row(std::span<char> line, std::size_t columns, std::vector<event::value>& into);

}  // namespace weir::postgres
