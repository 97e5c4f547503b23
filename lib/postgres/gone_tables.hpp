#pragma once

#include <base/lsn.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::postgres {

/// Decides when tables that were dropped are forgotten: the server says nothing about a drop, and tables that
/// come and go would fill the memory of a connection that lives for long. Pure.
///
/// After enough new tables the catalog is asked which of all are gone. The stream may be far behind the
/// catalog, so they are forgotten only where it passes the end of the log at that moment: a row of a dropped
/// table is committed before the drop.
class gone_tables {
 public:
  /// How many new tables make a look at the catalog worth its while; and at least half of those that are known.
  static constexpr std::size_t look_after = 256;

  void on_announced(std::uint32_t oid);
  [[nodiscard]] bool wants_look(std::size_t known) const;
  /// `gone` do not exist in the catalog, and `log_end` was read after it.
  void looked(std::vector<std::uint32_t> gone, lsn log_end);
  /// Everything before `at` has been read, whole transactions only. The tables to forget.
  [[nodiscard]] std::vector<std::uint32_t> passed(lsn at);

 private:
  std::size_t announced_ = 0;  ///< since the last look
  std::vector<std::uint32_t> gone_;
  lsn until_;
};

}  // namespace weir::postgres
