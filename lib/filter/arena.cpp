#include <filter/arena.hpp>

#include <algorithm>
#include <cstring>

namespace weir::filter {

namespace {

constexpr std::size_t first_block = 4096;

}  // namespace

bool arena::grow(std::size_t size) noexcept {
  const std::size_t wanted = std::max(size, blocks_.empty() ? first_block : total_);
  const std::size_t allowed = std::min(wanted, limit_ - total_);
  if (allowed < size) return false;
  try {
    blocks_.reserve(blocks_.size() + 1);
    blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(allowed), allowed});
  } catch (const std::bad_alloc&) {
    return false;
  }
  total_ += allowed;
  next_ = blocks_.back().memory.get();
  end_ = next_ + allowed;
  return true;
}

void* arena::take(std::size_t size) noexcept {
  const std::size_t rounded = std::max(alignment, (size + alignment - 1) / alignment * alignment);
  if (static_cast<std::size_t>(end_ - next_) < rounded && !grow(rounded)) return nullptr;
  void* const taken = next_;
  next_ += rounded;
  return taken;
}

std::string_view arena::copy(std::string_view text) noexcept {
  char* const to = array<char>(text.size());
  if (to == nullptr) return {};
  std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

void arena::reset() noexcept {
  if (blocks_.empty()) return;
  blocks_.resize(1);
  total_ = blocks_.front().size;
  next_ = blocks_.front().memory.get();
  end_ = next_ + total_;
}

}  // namespace weir::filter
