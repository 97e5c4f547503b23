#pragma once

#include <base/size.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace weir::encode {

/// A short text that is prepared once and appended again and again.
class constant_text {
 public:
  /// What is copied whatever the length, so that short texts need no decision and no call.
  static constexpr std::size_t padding = 32;

  constant_text() = default;
  explicit constant_text(std::string_view text) : bytes_(text), size_(text.size()) {
    bytes_.append(padding, '\0');
  }

  [[nodiscard]] const char* bytes() const { return bytes_.data(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::string bytes_ = std::string(padding, '\0');
  std::size_t size_ = 0;
};

/// Bytes that are appended and used again: it grows, and keeps at most `kept_after_clear` of a huge row.
/// A view into it is good until the next append, so whoever keeps a place keeps an offset.
class text_buffer {
 public:
  static constexpr std::size_t kept_after_clear = mebibyte;

  text_buffer() = default;
  text_buffer(text_buffer&& other) noexcept
      : bytes_(std::move(other.bytes_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  text_buffer& operator=(text_buffer&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  /// Empties it, keeping the memory for the next row unless a huge one has blown it up.
  void clear();

  /// Room for `more` bytes at the end; `take` says how far they were used. Only the newest room counts.
  [[nodiscard]] char* room(std::size_t more) {
    if (capacity_ - size_ < more) grow(more);
    return bytes_.get() + size_;
  }
  /// Everything up to `end`, a place inside the newest room, is content now.
  void take(const char* end) { size_ = static_cast<std::size_t>(end - bytes_.get()); }

  void append(std::string_view text) {
    std::memcpy(room(text.size()), text.data(), text.size());
    size_ += text.size();
  }

  void append(const constant_text& text) {
    char* const out = room(text.size() + constant_text::padding);
    std::memcpy(out, text.bytes(), constant_text::padding);
    if (text.size() > constant_text::padding) std::memcpy(out, text.bytes(), text.size());
    size_ += text.size();
  }

  /// Appends what it holds at [begin, end) once more.
  void append_again(std::size_t begin, std::size_t end) {
    char* const out = room(end - begin);
    std::memcpy(out, bytes_.get() + begin, end - begin);
    size_ += end - begin;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::string_view view(std::size_t begin, std::size_t end) const {
    return {bytes_.get() + begin, end - begin};
  }

 private:
  void grow(std::size_t more);

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace weir::encode
