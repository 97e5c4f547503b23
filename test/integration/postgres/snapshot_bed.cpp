#include "snapshot_bed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace weir::postgres {
namespace {

/// The end of an attempt that a test wants.
struct given_up : std::runtime_error {
  given_up() : std::runtime_error("the attempt is given up") {}
};

async::awaitable<> run_test(async::self me, snapshot_bed::body& test, replication_stream& stream, mirror& into,
                            async::task_scope& running) {
  co_await test(me, stream, into);
  running.cancel();
}

async::awaitable<> live(async::self me, snapshot_bed& bed, async::blocking_pool& pool,
                        snapshot_bed::body& test) {
  replication_stream stream{bed.loop.executor(), bed.loop.registry(), pool, bed.settings()};
  co_await stream.connect(me);
  const auto from = co_await stream.prepare(me, std::nullopt, false);
  co_await stream.start(me, from.position, false);
  mirror into{bed.loop.executor()};
  async::byte_budget budget{bed.loop.executor(), bed.budget_limit};
  async::task_scope running{bed.loop.executor(), bed.loop.registry()};
  running.spawn("stream", [&](async::self task) { return stream.run(task, into, budget); });
  running.spawn("test", [&](async::self task) { return run_test(task, test, stream, into, running); });
  co_await running.join(std::chrono::seconds{5});
  co_await stream.finish(me, steady_clock::now() + std::chrono::seconds{2});
}

async::awaitable<> take(async::self me, snapshot_reader& reader, event::snapshot_progress so_far, mirror& into,
                        async::byte_budget& budget, async::task_scope& own) {
  co_await reader.open(me, std::move(so_far));
  co_await reader.read(me, into, budget);
  own.cancel();
}

}  // namespace

void snapshot_bed::run(body test) {
  with = reading();
  with_pool([&](async::self me, async::blocking_pool& pool) { return live(me, *this, pool, test); });
}

snapshot_settings snapshot_bed::reading() const {
  snapshot_settings made;
  made.server = to();
  made.slot = "weir";
  made.publication = "weir";
  made.size_of_range = 64 * kibibyte;
  return made;
}

async::awaitable<> snapshot_bed::watch(async::self, const snapshot_reader& reader) {
  auto known = snapshot_state::idle;
  while (true) {
    if (const auto now = reader.status().state; now != known) {
      known = now;
      if (on_state) on_state(now);
    }
    co_await boost::asio::post(loop.executor(), boost::asio::use_awaitable);
  }
}

async::awaitable<event::snapshot_progress> snapshot_bed::attempt(async::self me, replication_stream& stream,
                                                                 mirror& into, event::snapshot_progress so_far,
                                                                 std::optional<std::size_t> stop_after) {
  snapshot_reader reader{loop.executor(), loop.registry(), *pool, with, stream};
  async::byte_budget budget{loop.executor(), budget_limit};
  std::size_t settled = 0;
  into.forget_reads();
  into.on_range = [&](const snapshot_range& range) {
    if (stop_after && settled == *stop_after) throw given_up{};
    if (on_range) on_range();
    reader.settle(range.number);
    ++settled;
  };
  async::task_scope own{loop.executor(), loop.registry()};
  own.spawn("snapshot", [&](async::self task) { return take(task, reader, so_far, into, budget, own); });
  if (on_state) own.spawn("watch of the snapshot", [&](async::self task) { return watch(task, reader); });
  try {
    co_await own.join(std::chrono::seconds{5});
    if (stop_after) throw std::logic_error{"the attempt came to its end"};
  } catch (const given_up&) {
    // As wanted.
  }
  into.on_range = nullptr;
  // What survives is the stored form.
  const auto stored = event::snapshot_progress_from_json(to_json(reader.progress()));
  if (!stored || *stored != reader.progress()) throw std::logic_error{"progress does not survive being stored"};
  co_return *stored;
}

async::awaitable<> snapshot_bed::catch_up(mirror& into) {
  const auto at = lsn::parse(server.value("select pg_current_wal_lsn()"));
  co_await into.until([&] { return into.end >= at.value(); });
}

std::vector<std::string> snapshot_bed::rows(const std::string& table) {
  std::vector<std::string> all;
  for (const auto& row : server.query("select * from " + table)) {
    std::string line;
    for (const auto& cell : row) {
      line += (&cell == &row.front() ? "" : " | ") + (cell == support::sql_null ? std::string{"-"} : cell);
    }
    all.push_back(line);
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace weir::postgres
