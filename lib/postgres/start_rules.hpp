#pragma once

#include <event/state_store.hpp>
#include <postgres/slot.hpp>
#include <postgres/system.hpp>
#include <postgres/timeline_history.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace weir::postgres {

/// What is known when the stream is about to start.
struct start_facts {
  identity server = {};
  std::string slot_name = {};
  std::string publication_name = {};
  std::optional<event::stored_position> stored = {};
  bool remembers = true;           ///< false for WEIR_STATE=none
  std::optional<slot> found = {};  ///< the slot, when there is one
  bool has_publication = false;
  bool may_create = true;  ///< WEIR_CREATE
};

/// What to do about them.
enum class start_action : std::uint8_t {
  use,          ///< the slot is the stored one: go on where it stands
  adopt,        ///< no position is stored: take the slot's, warn, store it before anything is confirmed
  create_slot,  ///< the publication is there
  create_publication_and_slot,  ///< in this order
};

/// The rules of a start before START_REPLICATION. Throws weir::failure: `refuse` when going on would lose data
/// (each sentence with the LSNs and the way out), `permanent` when something must exist that may not be made,
/// `retry` when another client holds the slot.
[[nodiscard]] start_action decide_start(const start_facts& given);

/// Why WEIR_FAILOVER_SLOT cannot be on with this server, by its version and whether it is a standby; empty: it
/// can.
[[nodiscard]] std::string why_no_failover_slot(const identity& server);

/// The positions after CopyBoth: nobody else can move the slot any more.
struct positions {
  std::string slot_name = {};
  std::optional<event::stored_position> stored = {};
  identity server = {};
  lsn confirmed_flush = {};
  lsn server_wal = {};  ///< where the server's log ends
  const timeline_history* history =
      nullptr;  ///< of the server's timeline; needed when the stored one is another
};

enum class continuation : std::uint8_t {
  same_timeline,
  failed_over,  ///< a legitimate failover: store the new timeline and say so
};

/// Throws weir::failure (refuse) when the slot is ahead of the stored position, the server's log ends before
/// it, or the server never was on the stored history up to it.
[[nodiscard]] continuation verify_positions(const positions& given);

}  // namespace weir::postgres
