#pragma once

#include <string>
#include <string_view>

namespace weir::support {

/// What stands between the lines `<!-- NAME: begin -->` and `<!-- NAME: end -->` of a file. With
/// WEIR_WRITE_DOCS set in the environment the file's block becomes `generated` first: how documents are brought
/// up to date. Throws when the file has no such block.
[[nodiscard]] std::string generated_block(const std::string& path, std::string_view name,
                                          const std::string& generated);

}  // namespace weir::support
