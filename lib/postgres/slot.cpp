#include <postgres/slot.hpp>

#include <fmt/format.h>

#include <postgres/fields.hpp>

namespace weir::postgres {
namespace {

/// Servers before 17 do not name the reason; 16 says only that a standby's conflict ended the slot.
const char* invalidation_column(int version) {
  if (version >= 170000) return "invalidation_reason";
  if (version >= 160000) return "case when conflicting then 'conflict' end";
  return "null::text";
}

const char* failover_columns(int version) {
  return version >= first_with_failover_slots ? "failover, synced" : "false as failover, false as synced";
}

}  // namespace

async::awaitable<std::optional<slot>> read_slot(async::self me, connection& on, std::string name) {
  const auto answer = co_await on.query(
      me, fmt::format("select plugin, database, temporary, two_phase, active, active_pid, confirmed_flush_lsn, "
                      "restart_lsn, wal_status, {}, {} as invalidation_reason "
                      "from pg_catalog.pg_replication_slots where slot_name = {}",
                      failover_columns(on.server_version()), invalidation_column(on.server_version()),
                      on.quote_text(name)));
  if (answer.empty()) co_return std::nullopt;
  slot found;
  found.name = std::move(name);
  found.plugin = answer.text(0, "plugin");
  found.database = answer.text(0, "database");
  found.is_temporary = answer.flag(0, "temporary");
  found.is_two_phase = answer.flag(0, "two_phase");
  found.is_failover = answer.flag(0, "failover");
  found.is_synced = answer.flag(0, "synced");
  found.is_active = answer.flag(0, "active");
  if (answer.at(0, "active_pid"))
    found.active_pid = static_cast<std::int32_t>(number_at(answer, 0, "active_pid"));
  found.confirmed_flush = lsn_at(answer, 0, "confirmed_flush_lsn");
  found.restart = lsn_at(answer, 0, "restart_lsn");
  found.wal_status = answer.text(0, "wal_status");
  found.invalidation_reason = answer.text(0, "invalidation_reason");
  co_return found;
}

async::awaitable<lsn> create_slot(async::self me, connection& on, std::string name, bool is_failover,
                                  steady_clock::duration bound) {
  // Nobody imports a snapshot, so none is exported: it would hold the session's transaction open. 15 changed
  // the words of the option.
  const auto* option = on.server_version() >= 150000 ? "(SNAPSHOT 'nothing')" : "NOEXPORT_SNAPSHOT";
  if (is_failover) option = "(SNAPSHOT 'nothing', FAILOVER)";
  const auto answer = co_await on.query(
      me, fmt::format("CREATE_REPLICATION_SLOT {} LOGICAL pgoutput {}", on.quote_name(name), option), bound);
  co_return lsn_at(answer, 0, "consistent_point");
}

}  // namespace weir::postgres
