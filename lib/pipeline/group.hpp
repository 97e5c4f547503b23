#pragma once

#include <base/size.hpp>
#include <event/change.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::pipeline {

/// Where grouped transactions wait for their commit: in memory up to a share, then in a file of a directory
/// that has no name, so that nothing stays after a crash. Outlives every group in it.
class group_space {
 public:
  /// `memory`: what all groups may take together before they are written to the file. One block (256 KiB) of a
  /// group stays in memory whatever the others take.
  /// `directory` empty: no spilling, and what does not fit into `memory` is a failure. Throws weir::failure
  /// (permanent) when the directory cannot be written.
  group_space(bytes memory, std::string directory, bytes spill_limit);
  ~group_space();
  group_space(const group_space&) = delete;
  group_space& operator=(const group_space&) = delete;

  [[nodiscard]] bytes in_memory() const;      ///< without the part that a group gave out last
  [[nodiscard]] bytes spilled() const;        ///< that the file holds now
  [[nodiscard]] bytes spilled_total() const;  ///< since the start, for metrics

 private:
  friend class group;
  class room;
  std::unique_ptr<room> room_;
};

/// One record of a group. Its value is
/// `{"transaction":{"id":"734:16/B374D848","xid":734,"commit_lsn":"16/B374D848","commit_ts_ms":1700000000000,
/// "count":3},"part":1,"parts":2,"changes":[{..},{..}]}`; `count` is of the whole group.
struct group_part {
  std::string_view value;      ///< valid until the next call of next()
  std::uint32_t number = 0;    ///< from 1
  std::uint32_t count = 0;     ///< of parts
  std::uint64_t changes = 0;   ///< in this part
  std::uint64_t last_seq = 0;  ///< event::position::seq of its last change
};

/// The changes of one transaction for one listener and target: collected until COMMIT, then given out as one
/// record, or as several where one would be larger than `record_limit`. A change that is larger by itself is a
/// part of its own. Where parts end is decided while adding, so that nothing is kept per change. A destroyed
/// group gives back its memory and its blocks of the file.
class group {
 public:
  /// What is counted for everything in a value that is not a change or the comma between two. The real frame is
  /// no longer, so a part is never above `record_limit` but for a single change.
  static constexpr bytes frame = 256;

  group(group_space& in, bytes record_limit);
  ~group();
  group(group&&) noexcept;
  group& operator=(group&&) noexcept;

  /// `json`: the change's envelope. Throws weir::failure when memory and spill are used up or writing fails:
  /// the stream stops and says so, and the group can only be destroyed.
  void add(std::string_view json, std::uint64_t seq);
  [[nodiscard]] std::uint64_t changes() const;
  [[nodiscard]] bytes size() const;  ///< of what is not given out yet

  /// COMMIT: nothing is added any more. Without a change there is no part.
  void close(const event::transaction& of);
  [[nodiscard]] bool has_more() const;
  /// At least the size of the value that next() will give, and at most `frame` bytes more.
  [[nodiscard]] bytes next_size() const;
  /// The next part, in order; its memory and its blocks of the file are free again. Throws weir::failure when
  /// reading fails.
  [[nodiscard]] group_part next();

 private:
  class content;
  std::unique_ptr<content> content_;
};

}  // namespace weir::pipeline
