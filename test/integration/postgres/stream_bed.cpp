#include "stream_bed.hpp"

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>

#include <support/eventually.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace weir::postgres {
namespace {

struct life {
  stream_bed& bed;
  stream_settings with;
  std::optional<event::stored_position> stored;
  stream_bed::while_streaming test;
  bool remembers;
  event::stored_position ended;
};

async::awaitable<> run_test(async::self me, life& of, replication_stream& stream, recording_intake& intake,
                            async::task_scope& running) {
  co_await of.test(me, stream, intake);
  running.cancel();
}

async::awaitable<> live(async::self me, async::blocking_pool& pool, life& of) {
  auto& bed = of.bed;
  replication_stream stream{bed.loop.executor(), bed.loop.registry(), pool, of.with};
  co_await stream.connect(me);
  const auto from = co_await stream.prepare(me, of.stored, of.remembers);
  const auto moved = co_await stream.start(me, from.position, of.remembers);
  of.ended = moved.value_or(from.position);
  recording_intake intake{bed.loop.executor()};
  async::byte_budget budget{bed.loop.executor(), bed.budget_limit};
  if (bed.stalls) intake.stalls = &budget;
  async::task_scope running{bed.loop.executor(), bed.loop.registry()};
  running.spawn("stream", [&](async::self task) { return stream.run(task, intake, budget); });
  running.spawn("test", [&](async::self task) { return run_test(task, of, stream, intake, running); });
  co_await running.join(std::chrono::seconds{5});
  co_await stream.finish(me, steady_clock::now() + std::chrono::seconds{2});
  of.ended.at = stream.status().confirmed;
}

async::awaitable<> prepare_only(async::self me, async::blocking_pool& pool, life& of) {
  replication_stream stream{of.bed.loop.executor(), of.bed.loop.registry(), pool, of.with};
  co_await stream.connect(me);
  const auto from = co_await stream.prepare(me, of.stored, of.remembers);
  co_await stream.start(me, from.position, of.remembers);
}

}  // namespace

endpoint stream_bed::to(const std::string& more) const {
  return {.conninfo = [text = server.conninfo() + " " + more] { return text; }};
}

stream_settings stream_bed::settings() const {
  stream_settings with;
  with.server = to();
  with.slot = "weir";
  with.publication = "weir";
  return with;
}

void stream_bed::with_pool(body test) {
  async::blocking_pool threads{loop.executor(), loop.registry()};
  pool = &threads;
  loop.run([&](async::self me) { return test(me, threads); });
}

async::awaitable<> stream_bed::until(std::function<bool()> yes) {
  constexpr std::chrono::milliseconds rest{20};
  const auto end = steady_clock::now() + std::chrono::seconds{60};
  boost::asio::steady_timer timer{loop.executor()};
  while (!yes()) {
    if (steady_clock::now() > end) throw std::runtime_error{"the server did not come to it within a minute"};
    timer.expires_after(rest);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

event::stored_position stream_bed::stream(stream_settings with, std::optional<event::stored_position> stored,
                                          while_streaming test, bool remembers) {
  life of{*this, std::move(with), std::move(stored), std::move(test), remembers, {}};
  with_pool([&of](async::self me, async::blocking_pool& pool) { return live(me, pool, of); });
  // The server may need a moment to see that the connection is closed.
  support::eventually(
      [&] { return server.value("select count(*) from pg_replication_slots where active") == "0"; });
  return of.ended;
}

std::optional<failure> stream_bed::refusal(stream_settings with, std::optional<event::stored_position> stored,
                                           bool remembers) {
  life of{*this, std::move(with), std::move(stored), {}, remembers, {}};
  try {
    with_pool([&of](async::self me, async::blocking_pool& pool) { return prepare_only(me, pool, of); });
  } catch (const failure& why) {
    UNSCOPED_INFO(why.what());
    return why;
  }
  return std::nullopt;
}

}  // namespace weir::postgres
