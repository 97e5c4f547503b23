#pragma once

#include <encode/text_buffer.hpp>

#include <string_view>

namespace weir::encode {

/// Appends a decimal number as base64, in quotes, of its big-endian two's complement: as few bytes as hold it,
/// one for 0, as java.math.BigInteger has them. `digits` may have a minus in front and a point anywhere: the
/// point is passed over. Numbers of more than 36 digits take time that grows with the square of their length:
/// 100 000 about 20 ms.
void append_unscaled(text_buffer& to, std::string_view digits);

}  // namespace weir::encode
