#include <postgres/heartbeat.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include <base/failure.hpp>
#include <base/log.hpp>
#include <event/heartbeat.hpp>
#include <postgres/fields.hpp>
#include <postgres/system.hpp>

namespace weir::postgres {
namespace {

/// How often the stream's place is compared with that of a heartbeat that is out.
constexpr std::chrono::seconds longest_pause{1};

std::string name_of_this_process() {
  std::random_device source;
  return fmt::format("{:08x}{:08x}", source(), source());
}

double seconds(std::chrono::microseconds of) { return std::chrono::duration<double>(of).count(); }

}  // namespace

heartbeat::heartbeat(async::executor on, async::blocking_pool& pool, endpoint server,
                     steady_clock::duration interval, steady_clock::duration late_after)
    : on_(on),
      pool_(pool),
      server_(std::move(server)),
      book_(name_of_this_process(), interval, late_after),
      news_(std::move(on)) {}

async::awaitable<> heartbeat::run(async::self me, std::function<stream_place()> place) {
  book_.begin_run(steady_clock::now());
  while (true) {
    book_.on_commit(place().last_commit);
    if (!book_.seen().out_since && book_.is_due(steady_clock::now())) co_await write(me);
    look(place().received);
    const auto again = std::min(book_.next(), steady_clock::now() + longest_pause);
    co_await me.wait("the next heartbeat, or the last one's return", async::idle, news_.wait_until(again));
  }
}

async::awaitable<> heartbeat::write(async::self me) {
  std::string problem;
  // A session whose query was cancelled or failed is not used again.
  auto session = std::exchange(session_, nullptr);
  try {
    if (!session) {
      session = co_await connection::open(me, pool_, server_, session::ordinary);
      // The stream shows what is flushed here; waiting for standbys would measure them.
      co_await session->query(me, "set synchronous_commit = local");
    }
    if (co_await is_in_recovery(me, *session)) {
      problem = "the server is a standby, where nothing can be written: no heartbeat until it is promoted";
    } else {
      const auto content = book_.write(steady_clock::now());
      co_await session->query(
          me, fmt::format("select pg_logical_emit_message(true, {}, {})",
                          session->quote_text(event::heartbeat_prefix), session->quote_text(content)));
      const auto end = co_await session->query(me, "select pg_current_wal_insert_lsn() as at");
      book_.wrote(lsn_at(end, 0, "at"));
    }
    session_ = std::move(session);
  } catch (const failure& why) {
    problem = why.what();
  }
  if (problem.empty()) co_return;
  if (book_.seen().problem != problem) log::warn("no heartbeat can be written: {}", problem);
  book_.failed(steady_clock::now(), std::move(problem));
}

void heartbeat::look(lsn passed) {
  switch (book_.look(steady_clock::now(), passed)) {
    case heartbeat_book::verdict_of_look::fine:
      return;
    case heartbeat_book::verdict_of_look::turned_late:
      log::warn("the last heartbeat has not come back through the stream yet, which is at {}", passed);
      return;
    case heartbeat_book::verdict_of_look::turned_missed:
      log::error(
          "the stream is at {}, past the last heartbeat, and did not bring it: either the sessions with "
          "PostgreSQL reach different servers, or the server leaves changes out",
          passed);
      return;
  }
}

void heartbeat::on_message(std::string_view content, steady_time now) {
  const bool was_late = book_.seen().is_late;
  if (!book_.returned(content, now)) return;
  if (was_late) {
    log::info("the late heartbeat came back after {:.1f} s",
              seconds(book_.seen().round_trip.value_or(std::chrono::microseconds{})));
  }
  news_.notify_all();
}

}  // namespace weir::postgres
