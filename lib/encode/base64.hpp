#pragma once

#include <string>
#include <string_view>

namespace weir::encode {

/// Appends the bytes that standard base64 with padding stands for. False: `text` is something else; what was
/// appended until then is of no use.
[[nodiscard]] bool append_bytes_of_base64(std::string& to, std::string_view text);

}  // namespace weir::encode
