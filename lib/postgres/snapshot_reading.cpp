#include <postgres/copy_text.hpp>
#include <postgres/server_error.hpp>
#include <postgres/snapshot_parts.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <base/failure.hpp>
#include <base/log.hpp>
#include <event/record.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

/// From a plan to the last row.
namespace weir::postgres {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds patience{2};
/// A reader lets the rest of the loop run after this much, also when its socket never runs dry.
constexpr bytes longest_turn = 256 * kibibyte;

}  // namespace

std::string copy_command(const connection& on, const found_table& table, const snapshot_range& range,
                         std::uint32_t oldest_xid) {
  std::string columns;
  for (const auto& each : table.emitted_as->columns) {
    columns += (columns.empty() ? "" : ", ") + on.quote_name(each.name);
  }
  auto command =
      fmt::format("copy (select {} from only {}.{} where ctid >= '({},0)' and ctid < '({},0)'", columns,
                  on.quote_name(table.schema), on.quote_name(table.name), range.blocks.begin, range.blocks.end);
  if (!table.row_filter.empty()) command += " and (" + table.row_filter + ")";
  if (range.is_again) command += fmt::format(" and age(xmin) <= age('{}'::xid)", oldest_xid);
  return command + ") to stdout";
}

async::awaitable<> snapshot_reader::read(async::self me, snapshot_intake& into, async::byte_budget& budget) {
  auto& my = *parts_;
  my.state = snapshot_state::reading;
  my.into = &into;
  my.budget = &budget;
  if (!my.plan->is_read()) co_await my.read_all(me);
  // Whatever was read since the guard was lost may have been read of a rewritten, empty table.
  co_await my.guard->query(me, "select 1");
  if (read_row row; my.rows->finish(row)) co_await my.give_last(me, row, snapshot_rows::place::last);
  my.state = snapshot_state::read;
  log::info("the snapshot at {} is read: {} rows", my.taken.at, my.row_count);
}

async::awaitable<> snapshot_reader::parts::read_all(async::self me) {
  async::task_scope own{on, registry};
  struct handle {
    async::task_scope*& place;
    ~handle() { place = nullptr; }
  };
  const handle known{reading = &own};
  readers = std::max(1U, with.connections);
  own.spawn("snapshot guard", [this](async::self task) { return guard_tables(task); });
  for (unsigned n = 0; n < std::max(1U, with.connections); ++n) {
    own.spawn("snapshot reader", [this](async::self task) { return read_ranges(task); });
  }
  co_await me.wait("the tables to be read", async::idle, own.join(patience));
}

/// Ends only with the session that guards the tables, or when it is told to.
async::awaitable<> snapshot_reader::parts::guard_tables(async::self me) {
  while (true) {
    co_await me.wait("the end of the session that guards the tables", async::idle, guard->readable());
    guard->receive();
  }
}

async::awaitable<> snapshot_reader::parts::read_ranges(async::self me) {
  const auto session = co_await open_session(me);
  read_row row;
  while (const auto range = plan->next()) co_await read_range(me, *session, *range, row);
  if (--readers == 0) reading->cancel();
}

async::awaitable<std::unique_ptr<connection>> snapshot_reader::parts::open_session(async::self me) {
  auto session = co_await connection::open(me, pool, with.server, session::ordinary);
  co_await session->query(me, snapshot_settings_of(session->server_version()));
  co_await session->query(me, "begin isolation level repeatable read read only; set transaction snapshot " +
                                  session->quote_text(snapshot_name));
  // A lock that is asked for later would queue behind an ALTER TABLE, which itself waits for the guard. Who
  // comes in between now makes this fail, and the next attempt finds the table altered.
  co_await session->query(me, "lock table " + lock_list + " in access share mode");
  co_return std::move(session);
}

async::awaitable<> snapshot_reader::parts::read_range(async::self me, connection& session, snapshot_range range,
                                                      read_row& row) {
  into->range_begins(range);
  rows->begin(range);
  co_await session.start_copy(me, copy_command(session, plan->found()[range.table], range, plan->oldest_xid()));
  const auto count = co_await copy_rows(me, session, range, row);
  co_await session.close_copy(me);
  plan->read_to_end(range, count);
  const bool is_last = --unread[collection_of[range.table]] == 0;
  if (rows->end(range, is_last, row)) co_await give_last(me, row, snapshot_rows::place::last_of_its_table);
  tell_end(rows->ended(range.number));
  close_range(range);
}

void snapshot_reader::parts::close_range(const snapshot_range& range) {
  blocks_read += range.blocks.end - range.blocks.begin;
  if (plan->unread(range.table) > 0) return;
  ++tables_read;
  const auto& table = plan->found()[range.table];
  log::info("{}.{} is read: {} rows", table.schema, table.name, rows_of[range.table]);
}

async::awaitable<std::uint64_t> snapshot_reader::parts::copy_rows(async::self me, connection& session,
                                                                  snapshot_range range, read_row& row) {
  bytes used = 1;  // what came with the answer is taken before anything is waited for
  bytes turn = 0;
  std::uint64_t count = 0;
  while (true) {
    switch (session.take_copied(row.memory)) {
      case connection::copied::ended:
        co_return count;
      case connection::copied::none:
        if (used == 0) co_await me.wait("rows of a table", async::idle, session.readable());
        used = 0;
        session.receive();
        break;
      case connection::copied::frame: {
        const auto size = row.memory.size();
        used += size;
        turn += size;
        ++count;
        take(range, row);
        if (rows->put(range, row)) {
          const bytes expected = event::charge(0, row.memory.size());
          if (!budget->has_room(expected)) co_await wait_for_room(me, expected);
          give(row, snapshot_rows::place::any);
        }
        if (turn >= longest_turn) {
          turn = 0;
          co_await asio::post(on, asio::use_awaitable);
        }
        break;
      }
    }
  }
}

void snapshot_reader::parts::take(const snapshot_range& range, read_row& row) {
  const auto& table = plan->found()[range.table];
  if (row.memory.size() > with.max_row) {
    throw failure{
        verdict::permanent, "row_too_large",
        fmt::format(
            "a row of table {}.{} has {} bytes, more than WEIR_MAX_ROW ({}) allows: raise WEIR_MAX_ROW and "
            "start again; nothing is lost meanwhile",
            table.schema, table.name, row.memory.size(), with.max_row)};
  }
  read_copied_row(row.memory.text(), table.emitted_as->columns.size(), row.values);
  ++row_count;
  ++rows_of[range.table];
  byte_count += row.memory.size();
}

async::awaitable<> snapshot_reader::parts::wait_for_room(async::self me, bytes expected) {
  co_await me.wait("room in the byte budget", async::idle, budget->wait_for_room(expected));
}

async::awaitable<> snapshot_reader::parts::give_last(async::self me, read_row& row, snapshot_rows::place is) {
  const bytes expected = event::charge(0, row.memory.size());
  if (!budget->has_room(expected)) co_await wait_for_room(me, expected);
  give(row, is);
}

void snapshot_reader::parts::give(const read_row& row, snapshot_rows::place is) {
  const auto range = rows->range_of(row);
  taken.marker = rows->marker(row, is);
  ++taken.number;
  event::change change;
  change.op = event::operation::read;
  change.snapshot = &taken;
  change.at = taken.at;
  change.table = plan->found()[range.table].emitted_as.get();
  change.after = row.values;
  change.timeline = timeline;
  into->admit(range, change);
  tell_end(rows->given(row));
}

void snapshot_reader::parts::tell_end(const std::optional<snapshot_range>& ended) {
  if (ended) into->range_ends(*ended);
}

}  // namespace weir::postgres
