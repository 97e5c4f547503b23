#include <postgres/fields.hpp>
#include <postgres/server_error.hpp>
#include <postgres/snapshot_parts.hpp>
#include <postgres/snapshot_tables.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include <base/failure.hpp>
#include <base/log.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

/// From the first session to a plan, with the stream held where the plan begins.
namespace weir::postgres {
namespace {

/// For the transactions that run when the snapshot is wanted; the stream is held meanwhile.
constexpr std::chrono::minutes export_bound{10};
/// For whoever has a table locked.
constexpr std::chrono::minutes lock_bound{10};
/// How often the log says whom it waits for.
constexpr std::chrono::seconds between_looks{5};
/// Tables may be rewritten between the point of a snapshot and its lock, but hardly so often in a row.
constexpr int attempts_in_a_row = 5;
/// From here on a transaction has a time-out of its own.
constexpr int times_transactions = 170000;

std::string list_of(const connection& on, const std::vector<found_table>& tables) {
  std::vector<std::string> names;
  for (const auto& each : tables) {
    names.push_back("only " + on.quote_name(each.schema) + "." + on.quote_name(each.name));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

async::awaitable<std::vector<std::string>> who_locks(async::self me, connection& on,
                                                     std::vector<found_table> tables) {
  std::vector<std::uint32_t> oids;
  for (const auto& each : tables) oids.push_back(each.oid);
  const auto answer = co_await on.query(me, fmt::format(R"(
    select distinct format('pid %s of user %s (%s) has %s', l.pid, a.usename, a.state, l.relation::regclass) as who
    from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.granted
      and l.relation = any ('{{{}}}'::oid[]) limit 3)",
                                                        fmt::join(oids, ",")));
  std::vector<std::string> all;
  for (std::size_t row = 0; row < answer.size(); ++row) all.push_back(answer.text(row, "who"));
  co_return all;
}

}  // namespace

std::string snapshot_settings_of(int server_version) {
  std::string all =
      "set row_security = off; set lock_timeout = '5s'; set max_parallel_workers_per_gather = 0; set jit = "
      "off; "
      "set enable_seqscan = off; set enable_indexscan = off; set enable_indexonlyscan = off; "
      "set enable_bitmapscan = off";
  if (server_version >= times_transactions) all += "; set transaction_timeout = 0";
  return all;
}

async::awaitable<> snapshot_reader::open(async::self me, event::snapshot_progress so_far) {
  auto& my = *parts_;
  for (int attempt = 1;; ++attempt) {
    const auto why = co_await my.attempt(me, so_far);
    if (why.empty()) break;
    log::info("the snapshot begins again: {} between its point and its lock", why);
    if (attempt < attempts_in_a_row) continue;
    throw failure{verdict::retry, "snapshot_void",
                  fmt::format("the snapshot did not come to a point in {} attempts: {}", attempt, why)};
  }
  my.state = snapshot_state::catching_up;
  my.waits_for = fmt::format("the stream to come to {}", my.taken.at);
  co_await my.stream.held(me);
  my.waits_for.clear();
}

async::awaitable<std::string> snapshot_reader::parts::attempt(async::self me, event::snapshot_progress so_far) {
  state = snapshot_state::connecting;
  // A session that was part of a void attempt has an older snapshot.
  guard = co_await connection::open(me, pool, with.server, session::ordinary);
  // The stream must not pass the point while nobody knows it yet: a change after the point that is sent before
  // the row as it was at the point would be overwritten by it.
  stream.hold_at(lsn{});
  state = snapshot_state::exporting;
  const auto point = co_await import(me, co_await export_watched(me));
  stream.hold_at(point.at);
  state = snapshot_state::planning;
  auto tables = co_await read_snapshot_tables(me, *guard, with.publication, with.tables, so_far.wanted);
  state = snapshot_state::locking;
  if (auto why = co_await lock(me, tables); !why.empty()) co_return why;
  if (auto why = co_await measure_tables(me, *guard, tables); !why.empty()) co_return why;
  state = snapshot_state::planning;
  lock_list = list_of(*guard, tables);
  plan.emplace(std::move(so_far), point, std::move(tables), with.size_of_range);
  for (const auto& each : plan->remarks()) log::info("{}", each);
  begin_rows();
  co_return std::string{};
}

async::awaitable<exported_snapshot> snapshot_reader::parts::export_watched(async::self me) {
  exported_snapshot made;
  async::task_scope own{on, registry};
  own.spawn("snapshot export", [this, &made, &own](async::self task) { return export_into(task, made, own); });
  own.spawn("snapshot export watch", [this](async::self task) { return watch_export(task); });
  co_await me.wait("the point of a snapshot", export_bound, own.join(std::chrono::seconds{2}));
  waits_for.clear();
  co_return made;
}

async::awaitable<> snapshot_reader::parts::export_into(async::self me, exported_snapshot& made,
                                                       async::task_scope& own) {
  made = co_await export_snapshot(me, pool, with.server, with.slot, export_bound);
  own.cancel();
}

async::awaitable<> snapshot_reader::parts::watch_export(async::self me) {
  boost::asio::steady_timer timer{on};
  std::unique_ptr<connection> looking;
  while (true) {
    timer.expires_after(between_looks);
    co_await timer.async_wait(boost::asio::use_awaitable);
    if (!looking) looking = co_await connection::open(me, pool, with.server, session::ordinary);
    const auto found = co_await running_transactions(me, *looking);
    waits_for = found.empty() ? std::string{"the server's record of running transactions"}
                              : fmt::format("{}", fmt::join(found, ", "));
    log::info("the snapshot waits for the transactions that ran before it: {}", waits_for);
  }
}

async::awaitable<snapshot_point> snapshot_reader::parts::import(async::self me, exported_snapshot from) {
  co_await guard->query(me, snapshot_settings_of(guard->server_version()));
  co_await guard->query(me, "begin isolation level repeatable read read only; set transaction snapshot " +
                                guard->quote_text(from.name));
  const auto answer = co_await guard->query(me, R"(
    select pg_catalog.pg_export_snapshot() as name,
           pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text as xmin,
           pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text as xmax,
           (extract(epoch from clock_timestamp()) * 1000000)::bigint as taken)");
  snapshot_name = answer.text(0, "name");
  const auto server = stream.status().server;
  snapshot_point point;
  point.system_identifier = server.system_identifier;
  point.timeline = timeline = server.timeline;
  point.at = from.at;
  point.xmin = static_cast<std::uint64_t>(number_at(answer, 0, "xmin"));
  point.xmax = static_cast<std::uint64_t>(number_at(answer, 0, "xmax"));
  taken = {.at = from.at,
           .taken = wall_time{std::chrono::microseconds{number_at(answer, 0, "taken")}},
           .xid = static_cast<std::uint32_t>(point.xmax)};
  co_return point;
}

async::awaitable<std::string> snapshot_reader::parts::lock(async::self me, std::vector<found_table> tables) {
  if (tables.empty()) co_return std::string{};
  const auto names = list_of(*guard, tables);
  const auto until = steady_clock::now() + lock_bound;
  while (true) {
    bool is_blocked = false;
    auto why = co_await try_lock(me, names, is_blocked);
    if (!is_blocked) {
      waits_for.clear();
      co_return why;
    }
    co_await guard->query(me, "rollback to savepoint weir");
    const auto who = co_await who_locks(me, *guard, tables);
    waits_for = who.empty() ? std::string{"a locked table"} : fmt::format("{}", fmt::join(who, ", "));
    log::info("the snapshot waits for its tables: {}", waits_for);
    if (steady_clock::now() > until) {
      throw failure{verdict::retry, "tables_locked",
                    fmt::format("the tables of the snapshot stayed locked: {}", waits_for)};
    }
  }
}

async::awaitable<std::string> snapshot_reader::parts::try_lock(async::self me, std::string names,
                                                               bool& is_blocked) {
  try {
    co_await guard->query(
        me, "savepoint weir; lock table " + names + " in access share mode; release savepoint weir",
        lock_bound);
  } catch (const server_error& error) {
    if (error.sqlstate() == "55P03") {
      is_blocked = true;
    } else if (error.sqlstate() == "42P01" || error.sqlstate() == "3F000") {
      co_return std::string{"a table was dropped or renamed"};
    } else {
      throw;
    }
  }
  co_return std::string{};
}

void snapshot_reader::parts::begin_rows() {
  std::map<std::uint32_t, std::size_t> collections;
  collection_of.clear();
  for (const auto& each : plan->found()) {
    collection_of.push_back(collections.emplace(each.emitted_as->oid, collections.size()).first->second);
  }
  unread.assign(collections.size(), 0);
  std::uint64_t blocks = 0;
  for (std::size_t table = 0; table < plan->found().size(); ++table) {
    unread[collection_of[table]] += plan->unread(table);
    blocks += plan->found()[table].blocks;
  }
  rows_of.assign(plan->found().size(), 0);
  tables_read = static_cast<std::size_t>(std::count_if(plan->found().begin(), plan->found().end(),
                                                       [](const auto& each) { return each.blocks == 0; }));
  rows.emplace(collection_of);
  log::info("a snapshot at {} of {} tables ({} blocks) begins", taken.at, plan->found().size(), blocks);
}

}  // namespace weir::postgres
