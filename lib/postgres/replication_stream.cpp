#include <postgres/replication_stream.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include <async/condition.hpp>
#include <async/deadline.hpp>
#include <base/failure.hpp>
#include <base/log.hpp>
#include <event/record.hpp>
#include <postgres/catalog.hpp>
#include <postgres/pacing.hpp>
#include <postgres/publication.hpp>
#include <postgres/server_error.hpp>
#include <postgres/silence.hpp>
#include <postgres/slot.hpp>
#include <postgres/start_command.hpp>
#include <postgres/stream_decoder.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace weir::postgres {
namespace asio = boost::asio;
namespace {

/// A new slot waits for every transaction that runs now.
constexpr std::chrono::minutes slot_bound{10};
/// How long the tasks of a life have to end once they are told to: they only wait for sockets and timers.
constexpr std::chrono::seconds patience{2};
/// The server may be in the middle of a large transaction and hears CopyDone only after it.
constexpr std::chrono::milliseconds discard_bound{500};
/// `wal_sender_timeout` = 0 switches the server's own watch off, not ours.
constexpr std::chrono::milliseconds usual_silence{60'000};
/// What the kernel's default window holds, for the pace of links whose window it tunes.
constexpr bytes usual_window = 64 * kibibyte;
/// The reader lets the rest of the loop run after this much, also when the socket never runs dry.
constexpr bytes longest_turn = 256 * kibibyte;

/// What a refused START_REPLICATION, or a stream that the server ends, means for the slot.
[[noreturn]] void raise_as_stream_failure(const server_error& error, const stream_settings& with) {
  const std::string code = error.sqlstate();
  const std::string text = error.what();
  if (code == "42704" && text.find("publication") != std::string::npos) {
    throw failure{
        verdict::refuse, "publication_gone",
        fmt::format("{}. A publication that is dropped, or made after the slot \"{}\", is unknown to the slot "
                    "for good: make the publication, drop the slot, make it again, and tell Weir with `weir "
                    "state accept --slot-lsn <its confirmed_flush_lsn>`",
                    text, with.slot)};
  }
  if (code == "42704" || code == "55000" || code == "58P01") {
    throw failure{
        verdict::refuse, code == "42704" ? "slot_gone" : "slot_lost",
        fmt::format("{}. Changes that slot \"{}\" held are gone from the server: make the slot again and tell "
                    "Weir with `weir state accept --slot-lsn <its confirmed_flush_lsn>`",
                    text, with.slot)};
  }
  throw error;
}

void check_server(const identity& server, const std::string& wal_level) {
  if (server.version < oldest_server) {
    throw failure{verdict::permanent, "version",
                  fmt::format("the server is PostgreSQL {}; Weir needs {} or later",
                              version_text(server.version), version_text(oldest_server))};
  }
  if (wal_level != "logical") {
    throw failure{
        verdict::permanent, "wal_level",
        fmt::format("the server runs with wal_level = {}; logical replication needs wal_level = logical (set "
                    "it in postgresql.conf and restart the server)",
                    wal_level)};
  }
}

}  // namespace

const char* to_string(stream_state is) {
  switch (is) {
    case stream_state::idle:
      return "idle";
    case stream_state::connecting:
      return "connecting";
    case stream_state::connected:
      return "connected";
    case stream_state::starting:
      return "starting";
    case stream_state::streaming:
      return "streaming";
    case stream_state::draining:
      return "draining";
    case stream_state::finishing:
      return "finishing";
    case stream_state::ended:
      return "ended";
  }
  return "";
}

struct replication_stream::parts {
  parts(async::executor loop, async::task_registry& tasks, async::blocking_pool& blocking,
        stream_settings settings)
      : on(loop),
        registry(tasks),
        pool(blocking),
        with(std::move(settings)),
        rest(loop),
        status_wanted(std::move(loop)) {}

  async::awaitable<> open_catalog(async::self me);
  async::awaitable<slot> require_slot(async::self me);
  async::awaitable<> provision(async::self me, start_action action);
  async::awaitable<> check_tables(async::self me);

  async::awaitable<> read_until_stopped(async::self me, event::intake& into, async::byte_budget& budget);
  async::awaitable<> read(async::self me, event::intake& into, async::byte_budget& budget);
  async::awaitable<> wait_for_room(async::self me, async::byte_budget& budget, bytes expected);
  async::awaitable<> refill(async::self me, bytes used);
  async::awaitable<> complete_announced(async::self me);
  async::awaitable<> look_for_gone_tables(async::self me);
  async::awaitable<> answer(async::self me);
  async::awaitable<> send(async::self me, pgoutput::status what);
  async::awaitable<> say_goodbye(async::self me);
  void on_frame();

  async::executor on;
  async::task_registry& registry;
  async::blocking_pool& pool;
  stream_settings with;
  stream_state state = stream_state::idle;
  identity server;
  std::chrono::milliseconds sender_timeout{};
  std::unique_ptr<connection> stream;
  std::unique_ptr<connection> catalog;  ///< ordinary; opened again when it broke
  std::optional<stream_decoder> decoder;
  std::optional<silence> quiet;
  pacing pace{usual_window};
  asio::steady_timer rest;
  async::condition status_wanted;
  async::task_scope* reading = nullptr;
  lsn confirmed;
  bool is_stopped = false;
  bool waits_for_room = false;
};

replication_stream::replication_stream(async::executor on, async::task_registry& registry,
                                       async::blocking_pool& pool, stream_settings with)
    : parts_(std::make_unique<parts>(std::move(on), registry, pool, std::move(with))) {}

replication_stream::~replication_stream() = default;

async::awaitable<identity> replication_stream::connect(async::self me) {
  auto& my = *parts_;
  my.state = stream_state::connecting;
  my.stream = co_await connection::open(me, my.pool, my.with.server, session::replication);
  my.server = co_await identify(me, *my.stream);
  check_server(my.server, co_await read_setting(me, *my.stream, "wal_level"));
  my.sender_timeout = co_await read_sender_timeout(me, *my.stream);
  co_await my.open_catalog(me);
  my.state = stream_state::connected;
  co_return my.server;
}

async::awaitable<start_point> replication_stream::prepare(async::self me,
                                                          std::optional<event::stored_position> stored,
                                                          bool remembers) {
  auto& my = *parts_;
  const start_facts facts{
      .server = my.server,
      .slot_name = my.with.slot,
      .publication_name = my.with.publication,
      .stored = stored,
      .remembers = remembers,
      .found = co_await read_slot(me, *my.catalog, my.with.slot),
      .has_publication = (co_await read_publication(me, *my.catalog, my.with.publication)).has_value(),
      .may_create = my.with.may_create};
  const auto action = decide_start(facts);
  co_await my.provision(me, action);
  if (stored) co_return start_point{*stored, false};
  const auto found = co_await my.require_slot(me);
  if (action == start_action::adopt) {
    log::warn("slot \"{}\" exists but no position is stored for it: going on from where it stands, {}",
              found.name, found.confirmed_flush);
  }
  co_return start_point{{my.server.system_identifier, my.server.timeline, found.confirmed_flush, 0}, remembers};
}

async::awaitable<> replication_stream::parts::provision(async::self me, start_action action) {
  switch (action) {
    case start_action::use:
    case start_action::adopt:
      co_await check_tables(me);
      co_return;
    case start_action::create_publication_and_slot:
      if (with.judge) with.judge(co_await read_all_relations(me, *catalog), "the database");
      co_await create_publication(me, *catalog, with.publication, with.tables);
      log::info("publication \"{}\" is made", with.publication);
      break;
    case start_action::create_slot:
      co_await check_tables(me);
      break;
  }
  log::info("slot \"{}\" is being made; this waits for the transactions that run now", with.slot);
  const auto at = co_await create_slot(me, *stream, with.slot, slot_bound);
  log::info("slot \"{}\" is made at {}", with.slot, at);
}

async::awaitable<> replication_stream::parts::check_tables(async::self me) {
  if (with.judge) {
    with.judge(co_await read_published_relations(me, *catalog, with.publication),
               fmt::format("publication \"{}\"", with.publication));
  }
  if (with.tables.takes_everything()) co_return;
  check_patterns(with.tables, co_await read_published_tables(me, *catalog, with.publication),
                 fmt::format("publication \"{}\"", with.publication));
}

async::awaitable<slot> replication_stream::parts::require_slot(async::self me) {
  auto found = co_await read_slot(me, *catalog, with.slot);
  if (!found) {
    throw failure{verdict::retry, "slot_gone",
                  fmt::format("slot \"{}\" was dropped while Weir started; starting again", with.slot)};
  }
  co_return std::move(*found);
}

async::awaitable<> replication_stream::parts::open_catalog(async::self me) {
  catalog = co_await connection::open(me, pool, with.server, session::ordinary);
}

async::awaitable<std::optional<event::stored_position>> replication_stream::start(async::self me,
                                                                                  event::stored_position stored,
                                                                                  bool remembers) {
  auto& my = *parts_;
  my.state = stream_state::starting;
  // The history is asked for before: a session that streams answers no query.
  const auto history = co_await read_history(me, *my.stream, my.server.timeline);
  const auto window = pacing::window_for(my.stream->round_trip());
  if (window) my.stream->set_receive_buffer(static_cast<int>(*window));
  my.pace = pacing{window.value_or(usual_window)};
  auto& session = *my.stream;
  try {
    co_await session.start_copy(me, start_command(session, my.with.slot, my.with.publication));
  } catch (const server_error& error) {
    raise_as_stream_failure(error, my.with);
  }
  const auto found = co_await my.require_slot(me);
  auto known = remembers ? std::optional{stored} : std::nullopt;
  const auto way = verify_positions({.slot_name = my.with.slot,
                                     .stored = known,
                                     .server = my.server,
                                     .confirmed_flush = found.confirmed_flush,
                                     .server_wal = co_await read_wal_position(me, *my.catalog),
                                     .history = &history});
  my.decoder.emplace(my.server.timeline, my.with.max_row, pgoutput::interval_of_status(my.sender_timeout),
                     steady_clock::now());
  my.quiet.emplace(silence_bound());
  my.decoder->feedback().verified();
  confirm(remembers ? stored.at : found.confirmed_flush);
  if (way == continuation::same_timeline) co_return std::nullopt;
  log::info("the server went from timeline {} to {}; slot \"{}\" goes on at {}", stored.timeline,
            my.server.timeline, my.with.slot, stored.at);
  stored.timeline = my.server.timeline;
  co_return stored;
}

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
    raise_as_stream_failure(error, with);
  }
}

async::awaitable<> replication_stream::parts::read(async::self me, event::intake& into,
                                                   async::byte_budget& budget) {
  bytes used = 0;  // of what the last read brought
  bytes turn = 0;
  auto now = steady_clock::now();
  while (true) {
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
  if (decoder->take_question()) status_wanted.notify_all();
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
  decoder->adopt();
  if (decoder->wants_look()) co_await look_for_gone_tables(me);
}

/// The catalog is ahead of the stream: what is gone there is forgotten once the stream has come so far.
async::awaitable<> replication_stream::parts::look_for_gone_tables(async::self me) {
  auto found = co_await read_gone_tables(me, *catalog, decoder->tables().oids());
  decoder->looked(std::move(found.oids), found.log_end);
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

void replication_stream::confirm(lsn stored) {
  auto& my = *parts_;
  if (stored <= my.confirmed) return;
  my.confirmed = stored;
  if (!my.decoder) return;
  my.decoder->feedback().stored(stored);
  my.status_wanted.notify_all();
}

void replication_stream::stop_reading() {
  auto& my = *parts_;
  my.is_stopped = true;
  if (my.state == stream_state::streaming) my.state = stream_state::draining;
  if (my.quiet) my.quiet->on_deaf();
  if (my.reading != nullptr) my.reading->cancel();
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

std::chrono::milliseconds replication_stream::silence_bound() const {
  return parts_->sender_timeout.count() > 0 ? parts_->sender_timeout : usual_silence;
}

stream_status replication_stream::status() const {
  const auto& my = *parts_;
  stream_status now;
  now.state = my.state;
  now.peer = my.stream ? my.stream->peer() : std::string{};
  now.server = my.server;
  now.confirmed = my.confirmed;
  now.waits_for_room = my.waits_for_room;
  if (!my.decoder) return now;
  now.received = my.decoder->feedback().current().write;
  now.server_wal = my.decoder->server_wal();
  now.last_message = my.decoder->last_message();
  now.bytes_received = my.decoder->bytes_taken();
  now.frames_received = my.decoder->frames();
  now.tables = my.decoder->tables().size();
  return now;
}

}  // namespace weir::postgres
