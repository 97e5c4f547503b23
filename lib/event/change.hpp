#pragma once

#include <base/clock.hpp>
#include <base/lsn.hpp>
#include <event/relation.hpp>
#include <event/snapshot.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace weir::event {

enum class operation : char {
  create = 'c',
  update = 'u',
  remove = 'd',
  truncate = 't',
  message = 'm',
  read = 'r',
};

/// One column of a row. `unchanged` is a TOAST value that the server did not send because the UPDATE left it
/// alone: neither NULL nor known.
struct value {
  enum class state : std::uint8_t { null, unchanged, text };
  state is = state::null;
  std::string_view text;  ///< PostgreSQL's text output; a view into the frame
};

using row = std::span<const value>;

/// How much of the old row came along.
enum class old_row : std::uint8_t { none, identity, full };

/// What BEGIN announces.
struct transaction {
  std::uint32_t xid = 0;
  std::uint32_t timeline = 0;
  lsn final_lsn;  ///< start of the commit record
  wall_time commit_time;
  std::string_view origin;  ///< name of the replication origin, empty when there is none
  lsn origin_lsn;
};

/// One insert, update, delete, truncated table, logical message or row of a snapshot. Everything is a view that
/// lives until the intake returns: whoever keeps something copies it.
struct change {
  operation op = operation::create;
  const transaction* within = nullptr;  ///< null only for a non-transactional message and a row of a snapshot
  const snapshot_read* snapshot = nullptr;  ///< only with operation::read
  std::uint64_t seq = 0;                    ///< see position::seq
  lsn at;                           ///< the row's own LSN: neither unique nor ordered, for people to look at
  const relation* table = nullptr;  ///< null only for messages
  old_row before_is = old_row::none;
  row before;  ///< by column of `table`; columns outside the identity are null
  row after;   ///< by column of `table`; empty for delete and truncate
  bool cascades = false, restarts_identity = false;  ///< truncate's options
  std::string_view message_prefix;                   ///< messages only
  std::string_view message_content;
  std::uint32_t timeline = 0;
};

}  // namespace weir::event
