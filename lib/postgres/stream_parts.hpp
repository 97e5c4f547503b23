#pragma once

/// What the rooms of replication_stream share; nobody else includes it.

#include <async/condition.hpp>
#include <postgres/pacing.hpp>
#include <postgres/replication_stream.hpp>
#include <postgres/silence.hpp>
#include <postgres/slot.hpp>
#include <postgres/stream_decoder.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/steady_timer.hpp>

namespace weir::postgres {

/// `wal_sender_timeout` = 0 switches the server's own watch off, not ours.
inline constexpr std::chrono::milliseconds usual_silence{60'000};
/// What the kernel's default window holds, for the pace of links whose window it tunes.
inline constexpr bytes usual_window = 64 * kibibyte;

struct replication_stream::parts {
  parts(async::executor loop, async::task_registry& tasks, async::blocking_pool& blocking,
        stream_settings settings)
      : on(loop),
        registry(tasks),
        pool(blocking),
        with(std::move(settings)),
        rest(loop),
        status_wanted(loop),
        answered(loop),
        hold_changed(std::move(loop)) {}

  async::awaitable<> open_catalog(async::self me);
  async::awaitable<slot> require_slot(async::self me);
  async::awaitable<> provision(async::self me, start_action action);
  async::awaitable<> check_tables(async::self me);
  void check_writable() const;
  void check_failover_slot() const;

  async::awaitable<> read_until_stopped(async::self me, event::intake& into, async::byte_budget& budget);
  async::awaitable<> read(async::self me, event::intake& into, async::byte_budget& budget);
  async::awaitable<> wait_for_room(async::self me, async::byte_budget& budget, bytes expected);
  async::awaitable<> stay(async::self me, lsn from);
  async::awaitable<> refill(async::self me, bytes used);
  async::awaitable<> complete_announced(async::self me);
  async::awaitable<> prepare_announced(async::self me);
  async::awaitable<> look_for_gone_tables(async::self me);
  async::awaitable<> answer(async::self me);
  async::awaitable<> send(async::self me, pgoutput::status what);
  async::awaitable<> say_goodbye(async::self me);
  void on_frame();

  async::executor on;
  async::task_registry& registry;
  async::blocking_pool& pool;
  stream_settings with;
  stream_state state = stream_state::idle;
  identity server;
  std::chrono::milliseconds sender_timeout{};
  std::unique_ptr<connection> stream;
  std::unique_ptr<connection> catalog;  ///< ordinary; opened again when it broke
  std::unique_ptr<connection> witness;  ///< ordinary, on a standby only: says when it is none any more
  std::optional<stream_decoder> decoder;
  std::optional<silence> quiet;
  pacing pace{usual_window};
  boost::asio::steady_timer rest;
  async::condition status_wanted;
  async::condition answered;  ///< the witness is free again
  bool is_asking = false;     ///< the witness
  async::condition hold_changed;
  std::optional<lsn> hold;       ///< where reading is to stop
  std::optional<lsn> held_from;  ///< where it stands still: what comes next commits there or later
  async::task_scope* reading = nullptr;
  lsn confirmed;
  bool is_stopped = false;
  bool waits_for_room = false;
};

}  // namespace weir::postgres
