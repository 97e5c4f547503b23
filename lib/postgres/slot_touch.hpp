#pragma once

#include <async/async.hpp>
#include <async/blocking_pool.hpp>
#include <postgres/connection.hpp>

#include <functional>
#include <string>

namespace weir::postgres {

/// Attaches to the slot for a moment, so that a server which drops slots that nobody uses
/// (`idle_replication_slot_timeout`) counts it as used. Nothing is read and nothing is confirmed: no status is
/// sent, so the slot stays where it is.
///
/// `may_attach` is asked last, just before the slot is taken; when it says no, nothing happens. Throws
/// weir::failure when the slot cannot be taken (in use, gone, lost) or the server does not answer.
async::awaitable<> touch_slot(async::self me, async::blocking_pool& pool, endpoint server, std::string slot,
                              std::string publication, std::function<bool()> may_attach);

/// How long the slot is held at most, once `may_attach` said yes.
inline constexpr std::chrono::seconds touch_bound{5};

}  // namespace weir::postgres
