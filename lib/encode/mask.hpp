#pragma once

#include <encode/text_buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::encode {

/// What stands in place of a value that is not to be seen: a JSON string, whatever the column's type. Made of
/// PostgreSQL's text of the value. Equal masks make equal texts.
class mask {
 public:
  /// Always `text`, whatever the value.
  [[nodiscard]] static mask fixed(std::string text);
  /// SHA-256 over the salt and the value, in lower-case hexadecimal digits: equal values stay equal.
  [[nodiscard]] static mask hashed(std::string salt);
  /// The first `characters` of the value, counted as Unicode does.
  [[nodiscard]] static mask truncated(std::size_t characters);

  ~mask();
  mask(mask&&) noexcept;
  mask& operator=(mask&&) noexcept;

  /// Throws std::runtime_error when OpenSSL cannot hash.
  void append(text_buffer& to, std::string_view value) const;
  /// For a value that is not known: the fixed text, else `unknown`.
  void append_unknown(text_buffer& to, std::string_view unknown) const;

 private:
  enum class kind : std::uint8_t { fixed, hash, truncate };
  class salted_hash;
  mask(kind is, std::string text, std::size_t length);

  kind is_;
  std::string text_;  ///< of a fixed one
  std::size_t length_;
  std::unique_ptr<salted_hash> hash_;
};

}  // namespace weir::encode
