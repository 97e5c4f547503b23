#pragma once

#include <base/size.hpp>

#include <cstdint>
#include <queue>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::pipeline {

/// Blocks of bytes in one file that has no name: unlinked at creation, so that nothing stays after a crash.
///
/// Blocks are the unit of everything: they are written whole, which keeps the writes large, and used again when
/// they are released. When none is in use any more the file is cut to nothing and the disk has its space back.
/// Reads and writes block the caller; they go through the page cache, 256 KiB at a time.
class spill_file {
 public:
  static constexpr bytes block_size = 256 * kibibyte;
  using block = std::uint32_t;

  /// Makes the file, which is the check of `directory`. Throws weir::failure (permanent, "spill_directory").
  /// `limit`: how many bytes it may hold, counted in whole blocks.
  spill_file(std::string directory, bytes limit);
  ~spill_file();
  spill_file(const spill_file&) = delete;
  spill_file& operator=(const spill_file&) = delete;

  /// Keeps `text`, which is exactly one block. Throws weir::failure (permanent): "spill_limit" when the limit
  /// is reached, "spill_failed" when the file system says no; nothing is kept then.
  [[nodiscard]] block write(std::string_view text);
  /// Fills `into` from the block's byte `from` on. Throws weir::failure (permanent, "spill_failed").
  void read(block of, std::size_t from, std::span<char> into) const;
  void release(block which) noexcept;

  [[nodiscard]] bytes used() const { return (blocks_ - free_.size()) * block_size; }
  [[nodiscard]] bytes written() const { return written_; }  ///< since it was made

 private:
  [[nodiscard]] block take();

  std::string directory_;
  bytes limit_;
  int file_ = -1;
  std::size_t blocks_ = 0;  ///< that the file has, free ones included
  /// The lowest is taken first, so that the file does not grow while it has holes.
  std::priority_queue<block, std::vector<block>, std::greater<>> free_;
  bytes written_ = 0;
};

}  // namespace weir::pipeline
