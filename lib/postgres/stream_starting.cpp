#include <postgres/publication.hpp>
#include <postgres/start_command.hpp>
#include <postgres/stream_failure.hpp>
#include <postgres/stream_parts.hpp>

#include <fmt/format.h>

#include <utility>

#include <base/failure.hpp>
#include <base/log.hpp>

/// From the first packet to the first frame: connect, prepare, start.
namespace weir::postgres {
namespace {

/// A new slot waits for every transaction that runs now.
constexpr std::chrono::minutes slot_bound{10};

void check_server(const identity& server, const std::string& wal_level) {
  if (server.is_standby && server.version < oldest_standby) {
    throw failure{verdict::permanent, "version",
                  fmt::format("the server is a standby of PostgreSQL {}, and standbys decode from {} on: read "
                              "from the primary (PGTARGETSESSIONATTRS=primary)",
                              version_text(server.version), version_text(oldest_standby))};
  }
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

async::awaitable<identity> replication_stream::connect(async::self me) {
  auto& my = *parts_;
  my.state = stream_state::connecting;
  my.stream = co_await connection::open(me, my.pool, my.with.server, session::replication);
  my.server = co_await identify(me, *my.stream);
  check_server(my.server, co_await read_setting(me, *my.stream, "wal_level"));
  my.sender_timeout = co_await read_sender_timeout(me, *my.stream);
  co_await my.open_catalog(me);
  if (my.server.is_standby) log::info("PostgreSQL at {} is a standby", my.stream->peer());
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
  if (my.with.wants_failover_slot && facts.found && !facts.found->is_failover) {
    log::warn(
        "WEIR_FAILOVER_SLOT is on, but slot \"{}\" exists already and is none: standbys do not keep it in "
        "step. From PostgreSQL 17 on, a replication session can change it while Weir is stopped: "
        "ALTER_REPLICATION_SLOT {} (FAILOVER)",
        my.with.slot, my.with.slot);
  }
  co_await my.provision(me, action);
  if (stored) co_return start_point{*stored};
  const auto found = co_await my.require_slot(me);
  if (action == start_action::adopt) {
    log::warn("slot \"{}\" exists but no position is stored for it: going on from where it stands, {}",
              found.name, found.confirmed_flush);
  }
  co_return start_point{{my.server.system_identifier, my.server.timeline, found.confirmed_flush, 0},
                        remembers,
                        !facts.found.has_value()};
}

async::awaitable<> replication_stream::parts::provision(async::self me, start_action action) {
  switch (action) {
    case start_action::use:
    case start_action::adopt:
      co_await check_tables(me);
      co_return;
    case start_action::create_publication_and_slot:
      check_writable();
      check_failover_slot();
      if (with.judge) with.judge(co_await read_all_relations(me, *catalog), "the database");
      co_await create_publication(me, *catalog, with.publication, with.tables);
      log::info("publication \"{}\" is made", with.publication);
      break;
    case start_action::create_slot:
      check_failover_slot();
      co_await check_tables(me);
      break;
  }
  log::info("slot \"{}\" is being made; this waits for the transactions that run now{}", with.slot,
            server.is_standby ? ", and for the primary to log which those are (at once with `select "
                                "pg_log_standby_snapshot()` there)"
                              : "");
  const auto at = co_await create_slot(me, *stream, with.slot, with.wants_failover_slot, slot_bound);
  log::info("slot \"{}\" is made at {}", with.slot, at);
}

void replication_stream::parts::check_writable() const {
  if (!server.is_standby) return;
  throw failure{verdict::permanent, "standby",
                fmt::format("publication \"{}\" does not exist, and the server is a standby, where none can be "
                            "made: make it on the primary (create publication {} for ... with (publish = "
                            "'insert, update, delete'))",
                            with.publication, stream->quote_name(with.publication))};
}

void replication_stream::parts::check_failover_slot() const {
  if (!with.wants_failover_slot) return;
  if (const auto why = why_no_failover_slot(server); !why.empty()) {
    throw failure{verdict::permanent, "failover_slot", why};
  }
}

async::awaitable<> replication_stream::check_promotion(async::self me) {
  auto& my = *parts_;
  if (!my.server.is_standby) co_return;
  while (my.is_asking) co_await me.wait("another question to the standby", statement_bound, my.answered.wait());
  struct turn {
    parts& of;
    explicit turn(parts& its) : of(its) { of.is_asking = true; }
    ~turn() {
      of.is_asking = false;
      of.answered.notify_all();
    }
  };
  const turn mine{my};
  // A session whose query was cancelled or failed is not used again.
  auto witness = std::exchange(my.witness, nullptr);
  if (!witness) witness = co_await connection::open(me, my.pool, my.with.server, session::ordinary);
  const bool is_standby = co_await is_in_recovery(me, *witness);
  my.witness = std::move(witness);
  if (is_standby) co_return;
  throw failure{verdict::retry, "promoted",
                fmt::format("the standby at {} has become a primary: going on with its new timeline",
                            my.witness->peer())};
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
    raise_as_stream_failure(error, my.with.slot);
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

}  // namespace weir::postgres
