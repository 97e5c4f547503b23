#include "pipe.hpp"

#include "wiring.hpp"

#include <async/deadline.hpp>
#include <base/log.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace weir::app {
namespace {

using namespace std::chrono_literals;

/// How often breaker, stall and idle lanes are looked at.
constexpr auto tick_interval = 250ms;
/// State records at most this often: a settled transaction is confirmed within two of them.
constexpr auto save_interval = 1s;
/// A stream that lived this long was healthy: the next failure waits the shortest time again.
constexpr auto healthy_after = 10s;
/// What tasks get to end once they are told to; they only have to unwind.
constexpr auto unwinding = 5s;
/// For CopyDone and what the server still sends.
constexpr auto good_bye_bound = 1500ms;
/// For librdkafka's threads to end. Past it the process cannot go on: the old handle could still write.
constexpr auto closing_bound = 30s;
/// librdkafka keeps some 5 KB for a topic that is not used any more.
constexpr std::size_t most_retired_lanes = 1000;
/// /ready stays green over a reconnect that is shorter.
constexpr auto flicker = 5s;

std::uint64_t first_run_without_memory() {
  const auto now = wall_now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace

pipe::pipe(async::executor on, async::task_registry& tasks, async::blocking_pool& pool,
           const config::settings& with)
    : on_(on),
      tasks_(tasks),
      pool_(pool),
      with_(with),
      budget_(on, with.memory),
      flow_(on, budget_, flow_options_of(with)),
      helpers_(on, tasks),
      keeper_(on, helpers_, pool, with, kafka_options_of(with), flow_.changed()),
      slot_(on, pool, endpoint_of(with), with.slot, with.publication),
      registrar_(on, pool, with, flow_),
      snapshot_(on, tasks, pool, with, keeper_, flow_, budget_),
      retries_(with.retry_min, with.retry_max) {
  if (registrar_.is_needed()) snapshot_.prepare_tables_by(preparation());
  snapshot_.when_all_done([this] {
    log::info("WEIR_SNAPSHOT=only: the snapshot is taken, and nothing is left to do");
    stop();
  });
  if (with.heartbeat.count() == 0) return;
  heartbeat_.emplace(on, pool, endpoint_of(with), with.heartbeat, with.stall_after);
  flow_.on_heartbeat(
      [this](std::string_view content) { heartbeat_->on_message(content, steady_clock::now()); });
}

pipe::~pipe() = default;

void pipe::stop() {
  if (is_stopping_) return;
  is_stopping_ = true;
  if (stream_) stream_->stop_reading();
  snapshot_.stop();
  flow_.changed().notify_all();
}

async::awaitable<> pipe::run(async::self me) {
  helpers_.spawn("ticks", [this](async::self its) { return tick(its); });
  helpers_.spawn("slot watch", [this](async::self its) { return slot_.watch(its); });
  if (registrar_.is_needed())
    helpers_.spawn("schemas", [this](async::self its) { return registrar_.ask_again(its); });
  std::exception_ptr fatal;
  try {
    while (!is_stopping_) {
      if (helpers_.first_failure()) std::rethrow_exception(helpers_.first_failure());
      co_await one_run(me);
      if (!is_stopping_) co_await pause(me);
    }
  } catch (...) {
    fatal = std::current_exception();
  }
  // Whatever ended it, what was started here ends here, also after a cancellation.
  co_await boost::asio::this_coro::reset_cancellation_state();
  streams(false);
  try {
    if (handle_) co_await replace_sink(me);
  } catch (...) {
    if (!fatal) fatal = std::current_exception();
  }
  helpers_.cancel();
  co_await me.wait("the helpers' end", unwinding, helpers_.join(unwinding));
  if (fatal) std::rethrow_exception(fatal);
}

/// One run, whatever way it ends. What ends the process is thrown.
async::awaitable<> pipe::one_run(async::self me) {
  std::optional<failure> ended;
  auto how = ending::source_lost;
  try {
    open_sink();
    co_await start_or_stop(me);
    how = is_stopping_ ? ending::stop : co_await stream_until_it_ends(me);
  } catch (const failure& why) {
    ended = why;
  } catch (const async::deadline_exceeded& late) {
    ended = failure{verdict::retry, "timeout", late.what()};
  }
  is_draining_ = true;
  if (how == ending::stop && !ended) {
    co_await good_bye(me);
  } else {
    stream_.reset();
    flow_.stream_ended();
    slot_.stand_in();  // a slot that the server drops when idle is kept while the sink is away
    if (ended) last_reason_ = ended->reason();
    streams(false);
    try {
      if (handle_ && !flow_.has_failed()) co_await settle(me);
    } catch (const failure& why) {
      if (!ended) ended = why;  // nothing is out any more; the next run starts from what is stored
    }
  }
  is_draining_ = false;
  if (how == ending::sink_worn && !ended && handle_ && flow_.book().has_nothing_out()) {
    log::info("the sink's handle is replaced: it remembers {} topics that fell silent", flow_.retired_lanes());
    co_await replace_sink(me);
  }
  const bool sink_is_gone = flow_.has_failed() || (sink_scope_ && sink_scope_->first_failure());
  if (sink_is_gone) {
    ended = sink_failure();
    co_await replace_sink(me);
  }
  if (ended && !is_stopping_) {
    ++reconnects_[{sink_is_gone ? "sink" : "postgres", ended->reason()}];
    judge(*ended);
  }
}

/// A start waits for names, servers and brokers; a stop must not wait for them.
async::awaitable<> pipe::start_or_stop(async::self me) {
  stream_scope_ = std::make_unique<async::task_scope>(on_, tasks_);
  auto& scope = *stream_scope_;
  scope.spawn("start of the stream", [this](async::self its) { return start_stream(its); });
  while (scope.size() > 0 && !is_stopping_) {
    const auto look_again = steady_clock::now() + tick_interval;
    co_await me.wait("the start of the stream", async::idle, flow_.changed().wait_until(look_again));
  }
  if (is_stopping_) scope.cancel();
  co_await me.wait("the end of the start", unwinding, scope.join(unwinding));
}

postgres::table_preparation pipe::preparation() {
  return [this](async::self its, const event::relation* table) { return registrar_.prepare(its, table); };
}

async::awaitable<> pipe::start_stream(async::self me) {
  auto settings = stream_settings_of(with_);
  if (registrar_.is_needed()) settings.prepare_table = preparation();
  stream_ = std::make_unique<postgres::replication_stream>(on_, tasks_, pool_, std::move(settings));
  const auto server = co_await stream_->connect(me);
  flow_.name_database(server.database);
  const auto stored = co_await keeper_.load(me, server.database + "/" + with_.slot);
  co_await slot_.stand_aside(me);
  const auto found = co_await stream_->prepare(me, stored, keeper_.remembers());

  auto position = found.position;
  if (!keeper_.remembers() && run_ == 0) run_ = first_run_without_memory();
  run_ = std::max(run_, stored ? stored->run : 0) + 1;
  position.run = run_;
  // Without a store there is still what this process has confirmed: a server that went back is noticed.
  const bool knows = keeper_.remembers() || stored.has_value();
  if (auto moved = co_await stream_->start(me, position, knows)) position = *moved;
  position.run = run_;
  co_await plan_snapshot(me, {stored.has_value(), keeper_.remembers(), found.made_slot});
  // Only who holds the slot writes, and before the first record of this run: a run number is never used twice.
  co_await save_now(me, position);
  system_identifier_ = server.system_identifier;
  reads_standby_ = server.is_standby;
  timeline_ = position.timeline;
  throw_if_sink_failed();
  flow_.begin_run(run_, timeline_, position.at, handle_->sink());
  stream_->confirm(position.at);
  flow_.changed().notify_all();
  if (registrar_.is_needed()) co_await registrar_.prepare(me, nullptr);
}

/// Before the first position is stored: whoever finds a position would believe that no snapshot is due.
async::awaitable<> pipe::plan_snapshot(async::self me, snapshot_facts facts) {
  if (!snapshot_.book().begin(facts, keeper_.stored_snapshot(), run_)) co_return;
  co_await wait_for_save(me);
  const auto plan = snapshot_.book().record();
  keeper_.save(plan);
  co_await wait_for_save(me);
  keeper_.rethrow_snapshot_failure();
  snapshot_.book().stored(plan.serial);
}

async::awaitable<> pipe::save_now(async::self me, event::stored_position what) {
  co_await wait_for_save(me);
  keeper_.save(what);
  co_await wait_for_save(me);
  keeper_.rethrow_failure();
}

/// Until the save that is under way has ended, one way or the other.
async::awaitable<> pipe::wait_for_save(async::self me) {
  while (keeper_.is_saving()) {
    throw_if_sink_failed();
    if (is_stopping_) throw failure{verdict::retry, "stopping", "stopped before the position was stored"};
    co_await me.wait("the state to be stored", async::idle, flow_.changed().wait());
  }
}

async::awaitable<pipe::ending> pipe::stream_until_it_ends(async::self me) {
  stream_scope_ = std::make_unique<async::task_scope>(on_, tasks_);
  auto& scope = *stream_scope_;
  scope.spawn("replication", [this](async::self its) { return stream_->run(its, flow_, budget_); });
  scope.spawn("position keeper", [this](async::self its) { return keep_position(its); });
  if (heartbeat_) {
    scope.spawn("heartbeat", [this](async::self its) {
      return heartbeat_->run(
          its, [this] { return postgres::stream_place{stream().received, flow_.last_commit_seen()}; });
    });
  }
  scope.spawn("snapshot", [this](async::self its) { return snapshot_.run(its, *stream_); });
  const auto tasks_of_run = scope.size();
  streams(true);
  log::info("streaming from slot \"{}\" after {} as run {}", with_.slot, flow_.book().confirmed(), run_);
  const auto since = steady_clock::now();
  auto how = ending::source_lost;
  std::exception_ptr unexpected;
  try {
    for (;;) {
      const auto now = steady_clock::now();
      if (flow_.has_failed() || sink_scope_->first_failure()) {
        how = ending::sink_lost;
      } else if (is_stopping_) {
        how = ending::stop;
      } else if (has_stalled(now)) {
        how = ending::stalled;
      } else if (is_sink_worn()) {
        how = ending::sink_worn;
      } else if (scope.size() == tasks_of_run) {
        co_await me.wait("the end of the run", async::idle, flow_.changed().wait());
        continue;
      }
      break;
    }
    if (how == ending::stop) {
      flow_.stream_ended();
      co_await settle(me);
    }
  } catch (...) {
    unexpected = std::current_exception();
  }
  const auto lived = steady_clock::now() - since;
  if (lived >= healthy_after) retries_.reset();
  if (lived >= with_.permanent_grace) permanent_since_.reset();
  if (unexpected) co_await boost::asio::this_coro::reset_cancellation_state();
  scope.cancel();
  co_await me.wait("the end of the stream's tasks", unwinding, scope.join(unwinding));
  if (unexpected) std::rethrow_exception(unexpected);
  if (how == ending::stalled) {
    throw failure{
        verdict::retry, "stalled",
        fmt::format("no record was settled for {} s, so the replication connection is hung up until all are",
                    std::chrono::duration_cast<std::chrono::seconds>(with_.hang_up_after).count())};
  }
  co_return how;
}

/// Stores what the ledger confirms, tells the stream, and nothing else moves the slot.
async::awaitable<> pipe::keep_position(async::self me) {
  auto next = steady_clock::now();
  for (;;) {
    keeper_.rethrow_failure();
    const auto now = steady_clock::now();
    if (!has_news_to_store() || keeper_.is_saving()) {
      co_await me.wait("news to store", async::idle, flow_.changed().wait());
    } else if (now < next && !is_stopping_) {
      co_await me.wait("the next second", save_interval, flow_.changed().wait_until(next));
    } else {
      next = now + save_interval;
      const auto confirmed = flow_.book().confirmed();
      co_await stream_->check_promotion(me);  // an LSN is stored with the timeline that it lies on
      keeper_.save({system_identifier_, timeline_, confirmed, run_});
      while (keeper_.is_saving())
        co_await me.wait("the position to be stored", async::idle, flow_.changed().wait());
      keeper_.rethrow_failure();
      permanent_since_.reset();
      if (const auto& stored = keeper_.stored()) stream_->confirm(stored->at);
    }
  }
}

/// Nothing new comes in; what is out gets its report, however long that takes, and the position is stored.
async::awaitable<> pipe::settle(async::self me) {
  while (!flow_.has_failed() && !sink_scope_->first_failure() && !flow_.book().has_nothing_out()) {
    // No report is to come for what waits for an operator, and a replay brings it again.
    if (is_stopping_ && flow_.waits_for_operator_only()) break;
    co_await me.wait("the reports of what is out", async::idle, flow_.changed().wait());
  }
  if (flow_.has_failed() || sink_scope_->first_failure() || !has_news_to_store()) co_return;
  if (keeper_.key().empty() || run_ == 0) co_return;
  if (!co_await is_on_known_timeline(me)) co_return;
  while (has_news_to_store() && !flow_.has_failed() && !sink_scope_->first_failure()) {
    if (!keeper_.is_saving()) keeper_.save({system_identifier_, timeline_, flow_.book().confirmed(), run_});
    co_await me.wait("the position to be stored", async::idle, flow_.changed().wait());
    keeper_.rethrow_failure();
  }
  if (const auto& stored = keeper_.stored(); stream_ && stored) stream_->confirm(stored->at);
}

/// Whether all that was received lies on the timeline of this run. A standby that nobody can ask any more may
/// have been promoted: what came since the last position that was stored then comes again.
async::awaitable<bool> pipe::is_on_known_timeline(async::self me) {
  if (!reads_standby_) co_return true;
  if (!stream_) co_return false;
  try {
    co_await stream_->check_promotion(me);
    co_return true;
  } catch (const failure& why) {
    log::info("{}", why.what());
  }
  co_return false;
}

async::awaitable<> pipe::good_bye(async::self me) {
  if (stream_)
    co_await me.wait("the server's good-bye", good_bye_bound,
                     stream_->finish(me, steady_clock::now() + good_bye_bound));
  stream_.reset();
}

void pipe::open_sink() {
  if (handle_) return;
  handle_ = make_sink(on_, pool_, with_, kafka_options_of(with_), keeper_.in_kafka());
  handle_->sink().listen(flow_);
  sink_scope_ = std::make_unique<async::task_scope>(on_, tasks_);
  sink_scope_->spawn("sink events", [this](async::self its) { return handle_->run(its); });
}

/// The handle goes with everything that is out; the next run makes a new one and brings all of it again.
async::awaitable<> pipe::replace_sink(async::self me) {
  flow_.drop_run();
  sink_scope_->cancel();
  try {
    co_await me.wait("the sink's events to end", unwinding, sink_scope_->join(unwinding));
  } catch (const async::late_tasks&) {
    throw;  // the pump still uses the handle
  } catch (const std::exception& why) {
    last_failure_ = why.what();
  }
  co_await me.wait("the sink's threads to end", closing_bound,
                   handle_->close(me, steady_clock::now() + closing_bound));
  sent_by_ended_handles_ = sent_bytes();
  handle_.reset();
  sink_scope_.reset();
}

async::awaitable<> pipe::pause(async::self me) {
  const auto until = steady_clock::now() + retries_.next();
  while (!is_stopping_ && steady_clock::now() < until) {
    co_await me.wait("the next attempt", with_.retry_max, flow_.changed().wait_until(until));
  }
}

async::awaitable<> pipe::tick(async::self me) {
  auto next = steady_clock::now();
  async::condition never{on_};
  for (;;) {
    next = std::max(next, steady_clock::now()) + tick_interval;
    co_await me.wait("the next tick", tick_interval, never.wait_until(next));
    flow_.tick(steady_clock::now());
    flow_.changed().notify_all();
  }
}

void pipe::judge(const failure& why) {
  const auto now = steady_clock::now();
  last_reason_ = why.reason();
  const bool is_new = last_failure_ != why.what();
  last_failure_ = why.what();
  switch (why.decision()) {
    case verdict::refuse:
      throw why;
    case verdict::retry:
      permanent_since_.reset();
      if (is_new || retries_.attempts() % 16 == 0) {
        log::warn("{} (attempt {}; the next one follows)", why.what(), retries_.attempts() + 1);
      }
      return;
    case verdict::permanent:
    case verdict::corrupt:
      if (!permanent_since_) permanent_since_ = now;
      if (snapshot_.is_hopeless() || now - *permanent_since_ >= with_.permanent_grace) throw why;
      if (is_new) {
        log::error("{} (the process ends if this lasts for {} s)", why.what(),
                   std::chrono::duration_cast<std::chrono::seconds>(with_.permanent_grace).count());
      }
      return;
  }
}

std::optional<failure> pipe::sink_failure() const {
  if (const auto& failed = flow_.has_failed())
    return failure{failed->decision, failed->reason, failed->sentence};
  if (!sink_scope_ || !sink_scope_->first_failure()) return std::nullopt;
  try {
    std::rethrow_exception(sink_scope_->first_failure());
  } catch (const failure& why) {
    return why;
  } catch (const std::exception& why) {
    return failure{verdict::retry, "sink_events", fmt::format("the sink's events ended: {}", why.what())};
  }
}

void pipe::throw_if_sink_failed() {
  if (const auto failed = sink_failure()) throw *failed;
}

bool pipe::is_sink_worn() const {
  return flow_.retired_lanes() >= most_retired_lanes && flow_.book().has_nothing_out() &&
         !flow_.book().has_open_transaction() && !snapshot_.is_active();
}

bool pipe::has_stalled(steady_time now) const {
  return !flow_.book().has_nothing_out() && now - flow_.last_settled() >= with_.hang_up_after;
}

bool pipe::has_news_to_store() const {
  const auto confirmed = flow_.book().confirmed();
  const auto& stored = keeper_.stored();
  return confirmed.is_set() && (!stored || stored->at < confirmed);
}

void pipe::streams(bool does) {
  if (does) {
    has_streamed_ = true;
    last_failure_.clear();
    last_reason_.clear();
  }
  if (is_streaming_ != does) streaming_changed_ = steady_clock::now();
  is_streaming_ = does;
}

std::uint64_t pipe::sent_bytes() const {
  const auto* figures = handle_ ? handle_->figures() : nullptr;
  return sent_by_ended_handles_ + (figures == nullptr ? 0 : figures->sent_bytes);
}

postgres::stream_status pipe::stream() const { return stream_ ? stream_->status() : postgres::stream_status{}; }

std::string pipe::open_breaker() const {
  const auto is_open = [](const pipeline::target& each) { return !each.gate().lets_through(); };
  for (const auto& each : flow_.parts().targets()) {
    if (is_open(*each)) {
      return fmt::format("the breaker of target {} is open: {}", each->options().name, each->gate().why());
    }
  }
  const auto& letters = flow_.parts().letters();
  return is_open(letters) ? "the breaker of the dead-letter topic is open: " + letters.gate().why()
                          : std::string{};
}

admin::answer pipe::ready(steady_time now) const {
  const auto seconds = [now](steady_time since) {
    return std::chrono::duration_cast<std::chrono::seconds>(now - since).count();
  };
  if (is_stopping_) return {false, "stopping"};
  if (!flow_.halted_because().empty()) return {false, flow_.halted_because()};
  if (const auto why = open_breaker(); !why.empty()) return {false, why};
  if (auto why = registrar_.waits_because(now); !why.empty()) return {false, std::move(why)};
  if (auto why = flow_.stuck(now); !why.empty()) return {false, std::move(why)};
  if (!is_streaming_ && (!has_streamed_ || now - streaming_changed_ >= flicker)) {
    const auto doing = is_draining_ ? std::string{"waiting for the reports of what is out"}
                                    : std::string{postgres::to_string(stream().state)};
    return {false, last_failure_.empty() ? "not streaming yet: " + doing : "not streaming: " + last_failure_};
  }
  if (!flow_.book().has_nothing_out() && now - flow_.last_settled() >= with_.stall_after) {
    return {false, fmt::format("no record was settled for {} s while {} are out", seconds(flow_.last_settled()),
                               flow_.records_in_flight())};
  }
  if (keeper_.is_saving() && now - keeper_.saving_since() >= with_.stall_after) {
    return {false, fmt::format("the position could not be stored for {} s", seconds(keeper_.saving_since()))};
  }
  if (heartbeat_ && heartbeat_->seen().is_missed) {
    return {false, "the stream passed the last heartbeat without bringing it: changes may be missing, too"};
  }
  if (!snapshot_.problem().empty()) return {false, snapshot_.problem()};
  if (snapshot_.is_active()) return {true, "snapshot: " + snapshot_.progress()};
  return {true,
          fmt::format("streaming; received {}, confirmed {}", stream().received, flow_.book().confirmed())};
}

}  // namespace weir::app
