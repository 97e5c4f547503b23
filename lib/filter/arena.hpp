#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <vector>

namespace weir::filter {

/// Memory that is given back all at once. Never throws: what cannot be had, or would exceed the limit, is null.
class arena {
 public:
  explicit arena(std::size_t limit) : limit_(limit) {}

  /// Uninitialised, and nothing in it is ever destroyed.
  template <class T>
  [[nodiscard]] T* array(std::size_t count) noexcept {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= alignment);
    if (count > limit_ / sizeof(T)) return nullptr;
    return static_cast<T*>(take(count * sizeof(T)));
  }

  /// A copy of `text`; its data is null when there is no memory for it.
  [[nodiscard]] std::string_view copy(std::string_view text) noexcept;

  /// Keeps the first block, so that steady use does not allocate.
  void reset() noexcept;

 private:
  static constexpr std::size_t alignment = 16;

  [[nodiscard]] void* take(std::size_t size) noexcept;
  [[nodiscard]] bool grow(std::size_t size) noexcept;

  struct block {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size;
  };
  std::size_t limit_;
  std::size_t total_ = 0;  ///< sizes of all blocks
  std::vector<block> blocks_;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
};

}  // namespace weir::filter
