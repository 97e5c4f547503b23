#pragma once

#include <event/state_store.hpp>

#include <filesystem>
#include <map>
#include <string>

namespace weir::stdio {

/// What the file holds, by key.
struct kept_state {
  std::map<std::string, event::stored_position> positions;
  std::map<std::string, event::snapshot_progress> snapshots;

  bool operator==(const kept_state&) const = default;
};

/// Both block, and throw weir::failure whose sentence names the file: permanent when the system refuses,
/// corrupt when the file is not what write_state() writes. No file: nothing.
[[nodiscard]] kept_state read_state(const std::filesystem::path& file);

/// Whole or not at all, and on the disk when it returns: temporary file, fsync, rename, fsync of the directory.
void write_state(const std::filesystem::path& file, const kept_state& all);

}  // namespace weir::stdio
