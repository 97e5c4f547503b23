#pragma once

#include <event/state_store.hpp>

#include <filesystem>
#include <map>
#include <string>

namespace weir::stdio {

using stored_positions = std::map<std::string, event::stored_position>;

/// Both block, and throw weir::failure whose sentence names the file: permanent when the system refuses,
/// corrupt when the file is not what write_positions() writes. No file: nothing.
[[nodiscard]] stored_positions read_positions(const std::filesystem::path& file);

/// Whole or not at all, and on the disk when it returns: temporary file, fsync, rename, fsync of the directory.
void write_positions(const std::filesystem::path& file, const stored_positions& all);

}  // namespace weir::stdio
