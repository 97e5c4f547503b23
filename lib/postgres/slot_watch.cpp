#include <postgres/slot_watch.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <base/failure.hpp>
#include <base/log.hpp>
#include <postgres/fields.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace weir::postgres {
namespace {

/// These end in `lost` when the server's limits are reached.
bool is_endangered(const std::string& wal_status) { return wal_status == "unreserved" || wal_status == "lost"; }

}  // namespace

slot_watch::slot_watch(async::executor on, async::blocking_pool& pool, endpoint server, std::string slot,
                       steady_clock::duration interval)
    : on_(std::move(on)),
      pool_(pool),
      server_(std::move(server)),
      slot_(std::move(slot)),
      interval_(interval) {}

async::awaitable<> slot_watch::watch(async::self me) {
  boost::asio::steady_timer timer{on_};
  while (true) {
    try {
      co_await look(me);
      is_failing_ = false;
    } catch (const failure& why) {
      session_.reset();
      if (!is_failing_) log::info("slot \"{}\" cannot be watched: {}", slot_, why.what());
      is_failing_ = true;
    }
    timer.expires_after(interval_);
    co_await me.wait("the next look at the slot", async::idle, timer.async_wait(boost::asio::use_awaitable));
  }
}

async::awaitable<> slot_watch::look(async::self me) {
  if (!session_) session_ = co_await connection::open(me, pool_, server_, session::ordinary);
  const auto answer = co_await session_->query(
      me, fmt::format("select s.wal_status, s.confirmed_flush_lsn, w.at, "
                      "greatest(pg_wal_lsn_diff(w.at, s.restart_lsn), 0)::bigint as retained "
                      "from (select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() "
                      "else pg_current_wal_lsn() end as at) w "
                      "left join pg_catalog.pg_replication_slots s on s.slot_name = {}",
                      session_->quote_text(slot_)));
  slot_view now;
  now.wal_status = answer.text(0, "wal_status");
  now.confirmed_flush = lsn_at(answer, 0, "confirmed_flush_lsn");
  now.server_wal = lsn_at(answer, 0, "at");
  if (answer.at(0, "retained")) now.retained = static_cast<bytes>(number_at(answer, 0, "retained"));
  now.seen = steady_clock::now();
  if (is_endangered(now.wal_status) && now.wal_status != seen_.wal_status) {
    log::warn(
        "slot \"{}\" is {} on the server, which keeps {} bytes of log for it: the limit is near or passed "
        "(max_slot_wal_keep_size)",
        slot_, now.wal_status, now.retained);
  }
  seen_ = std::move(now);
}

}  // namespace weir::postgres
