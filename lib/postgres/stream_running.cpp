#include <postgres/catalog.hpp>
#include <postgres/stream_failure.hpp>
#include <postgres/stream_parts.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <async/deadline.hpp>
#include <base/failure.hpp>
#include <base/log.hpp>
#include <event/record.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

/// From the first frame to the good-bye: run and finish.
namespace weir::postgres {
namespace asio = boost::asio;
namespace {

/// How long the tasks of a life have to end once they are told to: they only wait for sockets and timers.
constexpr std::chrono::seconds patience{2};
/// The server may be in the middle of a large transaction and hears CopyDone only after it.
constexpr std::chrono::milliseconds discard_bound{500};
/// The reader lets the rest of the loop run after this much, also when the socket never runs dry.
constexpr bytes longest_turn = 256 * kibibyte;

}  // namespace

async::awaitable<> replication_stream::run(async::self me, event::intake& into, async::byte_budget& budget) {
  auto& my = *parts_;
  my.state = stream_state::streaming;
  async::task_scope tasks{my.on, my.registry};
  tasks.spawn("postgres reader",
              [&my, &into, &budget](async::self task) { return my.read_until_stopped(task, into, budget); });
  tasks.spawn("postgres status", [&my](async::self task) { return my.answer(task); });
  co_await me.wait("the stream to end", async::idle, tasks.join(patience));
}

async::awaitable<> replication_stream::parts::read_until_stopped(async::self me, event::intake& into,
                                                                 async::byte_budget& budget) {
  // A scope of its own, so that reading can end while the status goes on.
  async::task_scope own{on, registry};
  own.spawn("postgres read", [this, &into, &budget](async::self task) { return read(task, into, budget); });
  struct handle {
    async::task_scope*& place;
    ~handle() { place = nullptr; }
  };
  const handle known{reading = &own};
  if (is_stopped) own.cancel();
  try {
    co_await me.wait("the reader to end", async::idle, own.join(patience));
  } catch (const server_error& error) {
    raise_as_stream_failure(error, with.slot);
  }
}

async::awaitable<> replication_stream::parts::read(async::self me, event::intake& into,
                                                   async::byte_budget& budget) {
  bytes used = 0;  // of what the last read brought
  bytes turn = 0;
  auto now = steady_clock::now();
  while (true) {
    if (hold && decoder->has_reached(*hold)) {
      co_await stay(me, decoder->passed());
      now = steady_clock::now();
    }
    const auto step = stream->take_copied();
    switch (step.is) {
      case connection::copied::ended:
        throw failure{verdict::retry, "connection_lost", "PostgreSQL ended the stream without saying why"};
      case connection::copied::none:
        co_await refill(me, std::exchange(used, 0));
        now = steady_clock::now();
        break;
      case connection::copied::frame: {
        used += step.frame.size();
        turn += step.frame.size();
        if (hold) {
          const auto commit = stream_decoder::begins(step.frame);
          if (commit && *commit >= *hold) co_await stay(me, *commit);
        }
        const bytes expected = event::charge(0, step.frame.size());
        if (stream_decoder::holds_row(step.frame) && !budget.has_room(expected)) {
          co_await wait_for_room(me, budget, expected);
          now = steady_clock::now();
        }
        const bool is_announced = decoder->take(step.frame, into, now);
        if (is_announced) co_await complete_announced(me);
        on_frame();
        if (turn >= longest_turn) {
          turn = 0;
          co_await asio::post(on, asio::use_awaitable);
          now = steady_clock::now();
        }
        break;
      }
    }
  }
}

async::awaitable<> replication_stream::parts::refill(async::self me, bytes used) {
  if (used == 0) {
    // Nothing came with the last read.
    co_await me.wait("changes of PostgreSQL", async::idle, stream->readable());
  } else if (const auto pause = pace.pause_after(steady_clock::now(), used); pause > pause.zero()) {
    rest.expires_after(pause);
    co_await rest.async_wait(asio::use_awaitable);
  }
  stream->receive();
}

void replication_stream::parts::on_frame() {
  quiet->on_message();
  if (decoder->take_keep_alive()) status_wanted.notify_all();
}

async::awaitable<> replication_stream::parts::wait_for_room(async::self me, async::byte_budget& budget,
                                                            bytes expected) {
  waits_for_room = true;
  quiet->on_deaf();
  struct flag {
    parts& of;
    ~flag() {
      of.waits_for_room = false;
      if (!of.is_stopped) of.quiet->on_listening(steady_clock::now());
    }
  };
  const flag reset{*this};
  co_await me.wait("room in the byte budget", async::idle, budget.wait_for_room(expected));
}

async::awaitable<> replication_stream::parts::stay(async::self me, lsn from) {
  quiet->on_deaf();
  struct mark {
    parts& of;
    ~mark() {
      of.held_from.reset();
      if (!of.is_stopped) of.quiet->on_listening(steady_clock::now());
    }
  };
  const mark reset{*this};
  held_from = from;
  hold_changed.notify_all();
  while (hold && from >= *hold) {
    co_await me.wait("the stream's release after a snapshot", async::idle, hold_changed.wait());
  }
}

async::awaitable<> replication_stream::parts::complete_announced(async::self me) {
  auto& table = decoder->announced();
  // The session was idle since the last table; one that broke meanwhile is worth a second try.
  for (bool is_fresh = catalog == nullptr;; is_fresh = true) {
    bool is_broken = false;
    try {
      if (!catalog) co_await open_catalog(me);
      complete(table, co_await read_catalog(me, *catalog, table.oid));
      break;
    } catch (const failure&) {
      if (is_fresh) throw;
      is_broken = true;
    }
    if (is_broken) catalog.reset();
  }
  if (with.prepare_table) co_await prepare_announced(me);
  decoder->adopt();
  if (decoder->wants_look()) co_await look_for_gone_tables(me);
}

async::awaitable<> replication_stream::parts::prepare_announced(async::self me) {
  quiet->on_deaf();
  struct mark {
    parts& of;
    ~mark() {
      if (!of.is_stopped) of.quiet->on_listening(steady_clock::now());
    }
  };
  const mark reset{*this};
  co_await with.prepare_table(me, &decoder->announced());
}

/// The catalog is ahead of the stream: what is gone there is forgotten once the stream has come so far.
async::awaitable<> replication_stream::parts::look_for_gone_tables(async::self me) {
  try {
    auto found = co_await read_gone_tables(me, *catalog, decoder->tables().oids());
    decoder->looked(std::move(found.oids), found.log_end);
  } catch (const failure& why) {
    // Only memory is at stake: the next table that is announced opens another session and asks again.
    log::debug("dropped tables cannot be told from others now: {}", why.what());
    catalog.reset();
  }
}

async::awaitable<> replication_stream::parts::answer(async::self me) {
  auto& feedback = decoder->feedback();
  while (true) {
    const auto now = steady_clock::now();
    if (const auto status = feedback.due(now)) co_await send(me, *status);
    if (quiet->is_too_long(steady_clock::now())) {
      throw failure{verdict::retry, "silent",
                    fmt::format("PostgreSQL at {} was asked for an answer and said nothing", stream->peer())};
    }
    co_await me.wait("the next status", async::idle,
                     status_wanted.wait_until(std::min(feedback.next_due(), quiet->due())));
  }
}

async::awaitable<> replication_stream::parts::send(async::self me, pgoutput::status what) {
  const auto frame = pgoutput::encode(what, wall_now());
  const auto until = steady_clock::now() + (sender_timeout.count() > 0 ? sender_timeout : usual_silence);
  try {
    co_await async::with_deadline(stream->send_copied(me, std::string(frame.data(), frame.size())), until,
                                  "status");
  } catch (const async::deadline_exceeded&) {
    throw failure{verdict::retry, "silent", fmt::format("PostgreSQL at {} takes no status", stream->peer())};
  }
  if (what.reply_requested) quiet->on_question(steady_clock::now());
}

async::awaitable<> replication_stream::finish(async::self me, steady_time until) {
  auto& my = *parts_;
  my.state = stream_state::finishing;
  if (my.stream && my.decoder) {
    const auto bound = std::min(until, steady_clock::now() + discard_bound);
    try {
      co_await async::with_deadline(my.say_goodbye(me), bound, "the end of the stream");
    } catch (const async::deadline_exceeded&) {
      log::debug("PostgreSQL did not end the stream in time; closing it");
    } catch (const failure& broken) {
      log::debug("the stream broke while it ended: {}", broken.what());
    }
  }
  my.stream.reset();
  my.catalog.reset();
  my.state = stream_state::ended;
}

async::awaitable<> replication_stream::parts::say_goodbye(async::self me) {
  co_await send(me, decoder->feedback().current());
  co_await stream->end_copy(me);
  bytes used = 1;  // what the reader has left is taken before anything is waited for
  bytes turn = 0;
  while (true) {
    const auto step = stream->take_copied();
    switch (step.is) {
      case connection::copied::ended:
        co_return;
      case connection::copied::none:
        if (used == 0) co_await me.wait("PostgreSQL to end the stream", discard_bound, stream->readable());
        used = 0;
        stream->receive();
        break;
      case connection::copied::frame:
        used += step.frame.size();
        turn += step.frame.size();
        if (turn < longest_turn) break;
        turn = 0;
        co_await asio::post(on, asio::use_awaitable);
        break;
    }
  }
}

}  // namespace weir::postgres
