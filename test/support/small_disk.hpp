#pragma once

#include <support/temporary_directory.hpp>

#include <cstdint>

namespace weir::support {

/// A disk of a test's own, in memory, that can be filled. Taken away at the end, whoever still uses it.
class small_disk {
 public:
  /// Throws where `can_mount` says no.
  explicit small_disk(int mebibytes);
  ~small_disk();
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  /// Whether this process may mount at all: root may, but not in every container.
  [[nodiscard]] static bool can_mount();
  [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }
  /// Leaves `free` bytes.
  void fill_but(std::uintmax_t free) const;
  /// Takes back what was filled.
  void clear() const;

 private:
  temporary_directory directory_{"weir-disk"};
};

}  // namespace weir::support
