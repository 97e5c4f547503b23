#pragma once

#include <string>

namespace weir::config {

/// A value that is never printed: given directly, or as the path of a file that holds it.
class secret {
 public:
  secret() = default;
  [[nodiscard]] static secret literal(std::string value);
  [[nodiscard]] static secret in_file(std::string path);

  [[nodiscard]] bool is_set() const { return origin_ != origin::none; }
  [[nodiscard]] bool is_file() const { return origin_ == origin::file; }
  /// The path, where it comes from a file: a path may be shown.
  [[nodiscard]] const std::string& path() const;

  /// The value, without one trailing newline; a file is read again by every call, so that a rotated secret
  /// counts at the next connection. Empty when not set. Throws weir::failure (retry, "secret_file") when the
  /// file cannot be read.
  [[nodiscard]] std::string read() const;

 private:
  enum class origin { none, literal, file };
  origin origin_ = origin::none;
  std::string text_;  ///< the value, or the path
};

}  // namespace weir::config
