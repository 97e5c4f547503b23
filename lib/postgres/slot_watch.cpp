#include <postgres/slot_watch.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <base/failure.hpp>
#include <base/log.hpp>
#include <postgres/fields.hpp>
#include <postgres/slot_touch.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace weir::postgres {
namespace {

/// These end in `lost` when the server's limits are reached.
bool is_endangered(const std::string& wal_status) { return wal_status == "unreserved" || wal_status == "lost"; }

/// In milliseconds. A slot that was not used since the server started is unused since then.
const char* idle_columns(int version) {
  if (version < 180000) return "0 as unused, 0 as idle_limit";
  return "case when s.active then 0 "
         "else coalesce(extract(epoch from clock_timestamp() - s.inactive_since) * 1000, 0)::bigint end as "
         "unused, "
         "(select setting::bigint * case unit when 'min' then 60000 when 's' then 1000 else 1 end "
         "from pg_catalog.pg_settings where name = 'idle_replication_slot_timeout') as idle_limit";
}

/// One sixth to notice, one sixth to wait.
constexpr int parts_of_limit = 6;
/// Between two looks at a slot, however short the server's limit is.
constexpr std::chrono::milliseconds shortest_pause{50};

}  // namespace

std::chrono::milliseconds touch_interval(std::chrono::milliseconds idle_limit) {
  return std::max(idle_limit / parts_of_limit, shortest_pause);
}

slot_watch::slot_watch(async::executor on, async::blocking_pool& pool, endpoint server, std::string slot,
                       std::string publication, steady_clock::duration interval)
    : on_(on),
      pool_(pool),
      server_(std::move(server)),
      slot_(std::move(slot)),
      publication_(std::move(publication)),
      interval_(interval),
      released_(std::move(on)) {}

async::awaitable<> slot_watch::watch(async::self me) {
  boost::asio::steady_timer timer{on_};
  while (true) {
    try {
      co_await look(me);
      is_failing_ = false;
      co_await keep_in_use(me);
    } catch (const failure& why) {
      session_.reset();
      if (!is_failing_) log::info("slot \"{}\" cannot be watched: {}", slot_, why.what());
      is_failing_ = true;
    }
    timer.expires_after(pause());
    co_await me.wait("the next look at the slot", async::idle, timer.async_wait(boost::asio::use_awaitable));
  }
}

async::awaitable<> slot_watch::look(async::self me) {
  if (!session_) session_ = co_await connection::open(me, pool_, server_, session::ordinary);
  const auto answer = co_await session_->query(
      me, fmt::format("select s.wal_status, s.confirmed_flush_lsn, w.at, "
                      "greatest(pg_wal_lsn_diff(w.at, s.restart_lsn), 0)::bigint as retained, {} "
                      "from (select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() "
                      "else pg_current_wal_lsn() end as at) w "
                      "left join pg_catalog.pg_replication_slots s on s.slot_name = {}",
                      idle_columns(session_->server_version()), session_->quote_text(slot_)));
  slot_view now;
  now.wal_status = answer.text(0, "wal_status");
  now.confirmed_flush = lsn_at(answer, 0, "confirmed_flush_lsn");
  now.server_wal = lsn_at(answer, 0, "at");
  if (answer.at(0, "retained")) now.retained = static_cast<bytes>(number_at(answer, 0, "retained"));
  now.idle_limit = std::chrono::milliseconds{number_at(answer, 0, "idle_limit")};
  now.unused = std::chrono::milliseconds{number_at(answer, 0, "unused")};
  now.seen = steady_clock::now();
  if (is_endangered(now.wal_status) && now.wal_status != seen_.wal_status) {
    log::warn(
        "slot \"{}\" is {} on the server, which keeps {} bytes of log for it: the limit is near or passed "
        "(max_slot_wal_keep_size)",
        slot_, now.wal_status, now.retained);
  }
  seen_ = std::move(now);
}

steady_clock::duration slot_watch::pause() const {
  if (seen_.idle_limit.count() <= 0) return interval_;
  return std::min<steady_clock::duration>(interval_, touch_interval(seen_.idle_limit));
}

async::awaitable<> slot_watch::keep_in_use(async::self me) {
  const bool is_left_alone = seen_.idle_limit.count() > 0 && !seen_.wal_status.empty() &&
                             seen_.unused >= touch_interval(seen_.idle_limit);
  if (!is_left_alone || is_aside_) co_return;
  struct release {
    slot_watch& of;
    ~release() {
      of.holds_ = false;
      of.released_.notify_all();
    }
  };
  const release at_end{*this};
  try {
    co_await touch_slot(me, pool_, server_, slot_, publication_, [this] { return holds_ = !is_aside_; });
    log::debug("slot \"{}\" was not used for {} ms and is touched: the server drops it after {} ms", slot_,
               seen_.unused.count(), seen_.idle_limit.count());
  } catch (const failure& why) {
    // Somebody else may have it by now, or it is gone: the next start says so.
    log::info("slot \"{}\" is left alone and cannot be touched: {}", slot_, why.what());
  }
}

async::awaitable<> slot_watch::stand_aside(async::self me) {
  is_aside_ = true;
  while (holds_) co_await me.wait("the touch of the slot to end", touch_bound, released_.wait());
}

void slot_watch::stand_in() { is_aside_ = false; }

}  // namespace weir::postgres
