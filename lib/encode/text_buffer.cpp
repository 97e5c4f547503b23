#include <encode/text_buffer.hpp>

#include <algorithm>

namespace weir::encode {

void text_buffer::clear() {
  size_ = 0;
  if (capacity_ <= kept_after_clear) return;
  bytes_.reset();
  capacity_ = 0;
}

void text_buffer::grow(std::size_t more) {
  constexpr std::size_t first = 4 * kibibyte;
  const std::size_t wanted = std::max({first, 2 * capacity_, size_ + more});
  auto larger = std::make_unique_for_overwrite<char[]>(wanted);
  if (size_ != 0) std::memcpy(larger.get(), bytes_.get(), size_);
  bytes_ = std::move(larger);
  capacity_ = wanted;
}

}  // namespace weir::encode
