#include <postgres/system.hpp>

#include <fmt/format.h>

#include <base/failure.hpp>
#include <postgres/fields.hpp>

namespace weir::postgres {
namespace {

constexpr int per_major = 10000;

}  // namespace

async::awaitable<identity> identify(async::self me, connection& on) {
  const auto answer = co_await on.query(me, "IDENTIFY_SYSTEM");
  identity who;
  who.system_identifier = answer.text(0, "systemid");
  who.timeline = static_cast<std::uint32_t>(number_at(answer, 0, "timeline"));
  who.database = answer.text(0, "dbname");
  who.user = on.user();
  who.version = on.server_version();
  who.is_standby = co_await is_in_recovery(me, on);
  co_return who;
}

async::awaitable<timeline_history> read_history(async::self me, connection& on, std::uint32_t timeline) {
  if (timeline <= 1) co_return timeline_history{};
  const auto answer = co_await on.query(me, fmt::format("TIMELINE_HISTORY {}", timeline));
  co_return timeline_history::parse(answer.text(0, "content"));
}

async::awaitable<std::chrono::milliseconds> read_sender_timeout(async::self me, connection& on) {
  // SHOW would answer with a unit of its choice.
  const auto answer =
      co_await on.query(me, "select setting from pg_catalog.pg_settings where name = 'wal_sender_timeout'");
  co_return std::chrono::milliseconds{number_at(answer, 0, "setting")};
}

async::awaitable<lsn> read_wal_position(async::self me, connection& on) {
  const auto answer = co_await on.query(me,
                                        "select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() "
                                        "else pg_current_wal_flush_lsn() end as at");
  co_return lsn_at(answer, 0, "at");
}

async::awaitable<bool> is_in_recovery(async::self me, connection& on) {
  const auto answer = co_await on.query(me, "select pg_is_in_recovery() as is_standby");
  co_return answer.flag(0, "is_standby");
}

async::awaitable<std::string> read_setting(async::self me, connection& on, std::string name) {
  const auto answer = co_await on.query(me, "select current_setting(" + on.quote_text(name) + ") as setting");
  co_return answer.text(0, "setting");
}

std::string version_text(int version) { return fmt::format("{}.{}", version / per_major, version % per_major); }

}  // namespace weir::postgres
