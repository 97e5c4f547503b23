#pragma once

#include <base/clock.hpp>
#include <base/lsn.hpp>
#include <encode/text_buffer.hpp>
#include <event/change.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::encode {

/// The envelope's `source`: where a change comes from. Most of it holds for a whole transaction and is written
/// once for it; the plan of the table brings its part; what is left to a change are its LSN and its operation.
class source_block {
 public:
  source_block(std::string_view name, std::string_view database);

  /// See envelope::committed.
  void committed(lsn end);

  /// `table_piece` is `"schema":"public","table":"t","txId":`. A message outside of a transaction has no commit
  /// time, and `now` stands for it; a row of a snapshot has the snapshot's time, LSN and transaction.
  void append(text_buffer& to, const event::change& what, std::string_view table_piece, wall_time now);

 private:
  /// Whose pieces `pieces_` holds; compared by value, because a source fills one transaction object again and
  /// again.
  struct written_for {
    std::uint32_t xid = 0;
    lsn final_lsn;
    wall_time commit_time;
    lsn origin_lsn;
    std::string origin;
  };

  /// What the pieces are made of, beside the names.
  struct facts {
    wall_time at;
    std::optional<std::uint32_t> xid;
    lsn after;  ///< the commit before it; unset: none, or not known
    std::string_view origin = {};
    lsn origin_lsn = {};
  };

  [[nodiscard]] bool is_written_for(const event::transaction& opened) const;
  [[nodiscard]] bool is_written_for(const event::snapshot_read& read) const;
  /// Makes the pieces those of the change, unless they are already.
  void prepare(const event::change& what, wall_time now);
  void write_pieces(const facts& of);
  [[nodiscard]] std::string_view piece(std::size_t begin, std::size_t end) const {
    return pieces_.view(begin, end);
  }

  std::string head_;      ///< from `{"version"` to `"ts_ms":`
  std::string database_;  ///< `","db":"...","sequence":"[`
  lsn last_commit_;
  bool is_current_ = false;  ///< `pieces_` are those of `current_`
  written_for current_;
  bool is_of_snapshot_ = false;  ///< `pieces_` are those of the snapshot below
  lsn snapshot_at_;
  wall_time snapshot_taken_;
  std::uint32_t snapshot_xid_ = 0;

  text_buffer pieces_;  ///< the four pieces below, one after the other; these are their ends
  std::size_t until_snapshot_ = 0;
  std::size_t until_lsn_of_sequence_ = 0;
  std::size_t until_table_ = 0;
  std::size_t until_lsn_ = 0;
};

/// `<prefix>ts_ms` and so on are three views of one instant: this writes the number for each. Units of at least
/// a microsecond are exact; nanoseconds are microseconds and three zeros, which no 64-bit number limits.
void append_milliseconds(text_buffer& to, wall_time at);
void append_microseconds(text_buffer& to, wall_time at);
void append_nanoseconds(text_buffer& to, wall_time at);

}  // namespace weir::encode
