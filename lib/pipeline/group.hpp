#pragma once

#include <base/size.hpp>
#include <event/change.hpp>
#include <event/settlement.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir::pipeline {

/// Where grouped transactions wait for their commit: in memory up to a share, then in files of a directory that
/// are unlinked at creation, so that nothing stays after a crash.
class group_space {
 public:
  /// `directory` empty: no spilling, and what does not fit into `memory` is a failure. Throws weir::failure
  /// (permanent) when the directory cannot be written.
  group_space(bytes memory, std::string directory, bytes spill_limit);
  ~group_space();
  group_space(const group_space&) = delete;
  group_space& operator=(const group_space&) = delete;

  [[nodiscard]] bytes in_memory() const;
  [[nodiscard]] bytes spilled() const;
  [[nodiscard]] bytes spilled_total() const;  ///< since the start, for metrics

 private:
  friend class group;
  class files;
  std::unique_ptr<files> files_;
};

/// One record of a group.
struct group_part {
  std::string_view value;      ///< valid until the next call of next()
  std::uint32_t number = 0;    ///< from 1
  std::uint32_t count = 0;     ///< of parts
  std::uint64_t changes = 0;   ///< in this part
  std::uint64_t last_seq = 0;  ///< event::position::seq of its last change
};

/// The changes of one transaction for one listener and target: collected until COMMIT, then given out as one
/// record, or as several where one would be larger than `record_limit`. A change that is larger by itself is a
/// part of its own.
class group {
 public:
  group(group_space& in, bytes record_limit);
  ~group();
  group(group&&) noexcept;
  group& operator=(group&&) noexcept;

  /// `json`: the change's envelope. Throws weir::failure when memory and spill are used up or writing fails:
  /// the stream stops and says so.
  void add(std::string_view json, std::uint64_t seq);
  [[nodiscard]] std::uint64_t changes() const;
  [[nodiscard]] bytes size() const;

  /// COMMIT: nothing is added any more.
  void close(const event::transaction& of);
  [[nodiscard]] bool has_more() const;
  /// Size of what next() will give.
  [[nodiscard]] bytes next_size() const;
  [[nodiscard]] group_part next();

 private:
  class content;
  std::unique_ptr<content> content_;
};

}  // namespace weir::pipeline
