#pragma once

#include <base/size.hpp>
#include <pipeline/spill_file.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir::pipeline {

/// What all spools share: how much memory they may take together, and the file for the rest.
struct spool_room {
  bytes memory = 0;     ///< that all may take together; see spooled_bytes
  bytes in_memory = 0;  ///< that all take now
  std::optional<spill_file> file;
};

/// Bytes that come in at the back and go out at the front, once: in memory while the shared room lasts, then in
/// the file. Memory is chunks that grow from 1 KiB to a block and are never copied into larger ones. One block
/// of memory is every spool's own, whatever the others take: it is what the file is written from.
class spooled_bytes {
 public:
  explicit spooled_bytes(spool_room& in) : in_(&in) {}
  ~spooled_bytes();
  spooled_bytes(const spooled_bytes&) = delete;
  spooled_bytes& operator=(const spooled_bytes&) = delete;

  /// Throws weir::failure as spill_file::write does, and (permanent, "spill_missing") when there is no file;
  /// what the spool holds is of no use then.
  void append(std::string_view text);
  /// Moves the first into.size() bytes, which must be there, out of it.
  void take(std::span<char> into);

  [[nodiscard]] bytes size() const { return size_; }
  [[nodiscard]] bytes in_memory() const { return capacity_; }

 private:
  struct chunk {
    std::unique_ptr<char[]> memory;
    std::size_t capacity = 0;
    std::size_t size = 0;
  };

  [[nodiscard]] std::size_t next_capacity(std::size_t wanted) const;
  void add_chunk(std::size_t capacity);
  void drop_front() noexcept;
  void spill();

  spool_room* in_;
  std::deque<spill_file::block> blocks_;  ///< the front of the bytes
  std::deque<chunk> chunks_;              ///< the back; all but the last are full
  std::size_t taken_ = 0;                 ///< of the first block, or of the first chunk when there is no block
  bytes capacity_ = 0;
  bytes size_ = 0;
};

}  // namespace weir::pipeline
