#include <postgres/snapshot_export.hpp>

#include <fmt/format.h>

#include <random>

#include <base/failure.hpp>
#include <postgres/fields.hpp>

namespace weir::postgres {
namespace {

/// Names of slots are no longer (NAMEDATALEN - 1).
constexpr std::size_t longest_name = 63;
/// From here on the option has a value.
constexpr int options_in_parentheses = 150000;

}  // namespace

std::string export_command(const std::string& quoted_slot, int server_version) {
  return fmt::format("CREATE_REPLICATION_SLOT {} TEMPORARY LOGICAL pgoutput {}", quoted_slot,
                     server_version >= options_in_parentheses ? "(SNAPSHOT 'export')" : "EXPORT_SNAPSHOT");
}

std::string temporary_slot_name(const std::string& slot) {
  const auto suffix = fmt::format("_snapshot_{:08x}", std::random_device{}());
  return slot.substr(0, longest_name - suffix.size()) + suffix;
}

async::awaitable<exported_snapshot> export_snapshot(async::self me, async::blocking_pool& pool, endpoint server,
                                                    std::string slot, steady_clock::duration bound) {
  exported_snapshot made;
  made.session = co_await connection::open(me, pool, std::move(server), session::replication);
  auto& on = *made.session;
  const auto until = steady_clock::now() + bound;
  try {
    const auto answer = co_await on.query(
        me, export_command(on.quote_name(temporary_slot_name(slot)), on.server_version()), bound);
    made.at = lsn_at(answer, 0, "consistent_point");
    made.name = answer.text(0, "snapshot_name");
  } catch (const failure& why) {
    if (why.reason() != "silent" || steady_clock::now() < until) throw;
    throw failure{
        verdict::retry, "old_transactions",
        fmt::format("the snapshot of slot \"{}\" waited {} s in vain for the transactions that ran when it "
                    "was wanted: end what stays open for that long",
                    slot, std::chrono::duration_cast<std::chrono::seconds>(bound).count())};
  }
  co_return made;
}

async::awaitable<std::vector<std::string>> running_transactions(async::self me, connection& on) {
  const auto answer = co_await on.query(me, R"(
    select who from (
      select format('pid %s of user %s since %s s (%s)', pid, usename,
                    extract(epoch from clock_timestamp() - xact_start)::bigint, state) as who, xact_start as since
      from pg_catalog.pg_stat_activity where backend_xid is not null
      union all
      select format('prepared transaction %L of user %s since %s s', gid, owner,
                    extract(epoch from clock_timestamp() - prepared)::bigint), prepared
      from pg_catalog.pg_prepared_xacts) each
    order by since limit 3)");
  std::vector<std::string> all;
  for (std::size_t row = 0; row < answer.size(); ++row) all.push_back(answer.text(row, "who"));
  co_return all;
}

}  // namespace weir::postgres
