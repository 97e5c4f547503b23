#pragma once

#include <filesystem>
#include <string>

namespace weir::support {

/// A directory of its own under the system's temporary one, removed with everything in it at the end.
class temporary_directory {
 public:
  explicit temporary_directory(const std::string& prefix = "weir-test");
  ~temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::filesystem::path& name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// The whole text of a file; empty when there is none.
std::string read_text(const std::filesystem::path& file);
void write_text(const std::filesystem::path& file, const std::string& text);

}  // namespace weir::support
