#pragma once

#include "position_keeper.hpp"
#include "schema_registrar.hpp"
#include "sink_handle.hpp"
#include "snapshot_run.hpp"

#include <admin/server.hpp>
#include <async/blocking_pool.hpp>
#include <async/byte_budget.hpp>
#include <async/task_scope.hpp>
#include <base/backoff.hpp>
#include <config/settings.hpp>
#include <pipeline/flow.hpp>
#include <postgres/heartbeat.hpp>
#include <postgres/replication_stream.hpp>
#include <postgres/slot_watch.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace weir::app {

/// From PostgreSQL to the sink, run after run, until it is told to stop.
///
/// A run is one replication connection over one flow. It ends when the source is lost (what was admitted is
/// still delivered, then the next run starts from the stored position), when a record is lost or refused (the
/// sink's handle is dropped and all of it replayed), after a stall (the connection is hung up so that the
/// server is free of us), or by a stop. Every end but the last is followed by a backoff and the next run.
class pipe {
 public:
  pipe(async::executor on, async::task_registry& tasks, async::blocking_pool& pool,
       const config::settings& with);
  ~pipe();
  pipe(const pipe&) = delete;
  pipe& operator=(const pipe&) = delete;

  /// Until `stop` has been carried out. Throws weir::failure when the process has to end.
  async::awaitable<> run(async::self me);
  /// Drains what is out, stores, says good-bye. Idempotent.
  void stop();

  /// Whether the first stream has ever started: a permanent failure before it is a matter of configuration.
  [[nodiscard]] bool has_streamed() const { return has_streamed_; }
  /// For /ready.
  [[nodiscard]] admin::answer ready(steady_time now) const;

  // For /status and metrics.
  [[nodiscard]] const pipeline::flow& flow() const { return flow_; }
  [[nodiscard]] pipeline::flow& flow() { return flow_; }
  [[nodiscard]] const async::byte_budget& budget() const { return budget_; }
  [[nodiscard]] const position_keeper& position() const { return keeper_; }
  [[nodiscard]] const sink_handle* sink() const { return handle_.get(); }
  /// To the brokers, over all handles so far.
  [[nodiscard]] std::uint64_t sent_bytes() const;
  [[nodiscard]] const postgres::slot_watch& slot() const { return slot_; }
  [[nodiscard]] snapshot_run& snapshot() { return snapshot_; }
  [[nodiscard]] const snapshot_run& snapshot() const { return snapshot_; }
  [[nodiscard]] postgres::stream_status stream() const;
  /// Null when there are none.
  [[nodiscard]] const postgres::heartbeat_view* heartbeat() const {
    return heartbeat_ ? &heartbeat_->seen() : nullptr;
  }
  [[nodiscard]] std::uint64_t run_number() const { return run_; }
  [[nodiscard]] const std::string& last_failure() const { return last_failure_; }
  /// Ended sessions by (peer, reason).
  [[nodiscard]] const std::map<std::pair<std::string, std::string>, std::uint64_t>& reconnects() const {
    return reconnects_;
  }

 private:
  enum class ending { stop, source_lost, sink_lost, sink_worn, stalled };

  async::awaitable<> one_run(async::self me);
  async::awaitable<> start_or_stop(async::self me);
  async::awaitable<> start_stream(async::self me);
  [[nodiscard]] postgres::table_preparation preparation();
  async::awaitable<> plan_snapshot(async::self me, snapshot_facts facts);
  async::awaitable<> save_now(async::self me, event::stored_position what);
  async::awaitable<> wait_for_save(async::self me);
  async::awaitable<ending> stream_until_it_ends(async::self me);
  async::awaitable<> keep_position(async::self me);
  async::awaitable<> settle(async::self me);
  async::awaitable<bool> is_on_known_timeline(async::self me);
  async::awaitable<> good_bye(async::self me);
  async::awaitable<> replace_sink(async::self me);
  async::awaitable<> pause(async::self me);
  async::awaitable<> tick(async::self me);

  void open_sink();
  /// Rethrows what ends the process; returns for what passes by itself.
  void judge(const failure& why);
  [[nodiscard]] std::optional<failure> sink_failure() const;
  void throw_if_sink_failed();
  /// librdkafka keeps memory for every topic until its handle goes: time for another one, while nothing is out.
  [[nodiscard]] bool is_sink_worn() const;
  [[nodiscard]] bool has_stalled(steady_time now) const;
  /// Why nothing may go to a target, for people; empty while every breaker lets through.
  [[nodiscard]] std::string open_breaker() const;
  [[nodiscard]] bool has_news_to_store() const;
  void streams(bool does);

  async::executor on_;
  async::task_registry& tasks_;
  async::blocking_pool& pool_;
  const config::settings& with_;
  async::byte_budget budget_;
  pipeline::flow flow_;
  async::task_scope helpers_;  ///< tasks that outlive a run: ticks, slot watch, the store's own
  position_keeper keeper_;
  postgres::slot_watch slot_;
  schema_registrar registrar_;
  std::optional<postgres::heartbeat> heartbeat_;
  snapshot_run snapshot_;

  std::unique_ptr<async::task_scope> sink_scope_;
  std::unique_ptr<sink_handle> handle_;
  std::unique_ptr<async::task_scope> stream_scope_;
  std::unique_ptr<postgres::replication_stream> stream_;

  std::uint64_t sent_by_ended_handles_ = 0;

  backoff retries_;
  std::uint64_t run_ = 0;
  std::uint32_t timeline_ = 0;
  std::string system_identifier_;
  bool reads_standby_ = false;
  bool is_stopping_ = false;
  bool is_draining_ = false;
  bool has_streamed_ = false;
  bool is_streaming_ = false;
  steady_time streaming_changed_{};  ///< when is_streaming_ last changed; zero: never
  std::optional<steady_time> permanent_since_;
  std::string last_failure_;
  std::string last_reason_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> reconnects_;
};

}  // namespace weir::app
