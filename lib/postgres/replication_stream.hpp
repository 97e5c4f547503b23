#pragma once

#include <async/byte_budget.hpp>
#include <async/task_scope.hpp>
#include <base/size.hpp>
#include <event/intake.hpp>
#include <event/state_store.hpp>
#include <postgres/connection.hpp>
#include <postgres/relations.hpp>
#include <postgres/start_rules.hpp>
#include <postgres/system.hpp>
#include <postgres/table_patterns.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace weir::postgres {

/// What has to be done for a table before its first row is admitted; given again with each of its versions. May
/// take as long as it wants: nothing is read meanwhile, and status goes on. What it throws ends this life.
using table_preparation = std::function<async::awaitable<>(async::self, const event::relation*)>;

struct stream_settings {
  endpoint server = {};
  std::string slot = {};
  std::string publication = {};
  table_patterns tables = {};  ///< what a new publication holds, and what is taken of an existing one
  bool may_create = true;
  bool wants_failover_slot = false;  ///< a slot that is made is one
  bytes max_row = 256 * mebibyte;
  judge_of_tables judge = {};  ///< asked before anything is made or read; what it throws ends this life
  table_preparation prepare_table = {};  ///< empty: nothing has to be done
};

/// Where the stream stands before START_REPLICATION.
struct start_point {
  event::stored_position position;  ///< `run` is the stored one's, or 0
  /// The store does not hold `position` yet: save it before `run`. (New slot, adopted slot.)
  bool must_store = false;
  bool made_slot = false;
};

enum class stream_state : std::uint8_t {
  idle,
  connecting,
  connected,
  starting,
  streaming,
  draining,
  finishing,
  ended
};
[[nodiscard]] const char* to_string(stream_state is);

/// For /status and metrics.
struct stream_status {
  stream_state state = stream_state::idle;
  std::string peer;
  identity server;
  lsn received;    ///< newest position that was read and given to the intake
  lsn server_wal;  ///< newest end of the log that the server named
  lsn confirmed;   ///< what the status updates carry as flushed
  steady_time last_message{};
  bool waits_for_room = false;
  bool is_held = false;  ///< see hold_at
  std::uint64_t bytes_received = 0;
  std::uint64_t frames_received = 0;
  std::size_t tables = 0;  ///< whose definitions are kept for this connection
};

/// One life of the replication connection, as an event::source: connect, prepare, start, run, and then either
/// finish or destruction (which hangs up). One object for one life; a reconnect is a new one.
///
/// Order of calls: connect -> prepare -> (the store holds start_point) -> start -> run -> finish. Each throws
/// weir::failure. `confirm` and `stop_reading` may be called at any time from the loop.
class replication_stream final : public event::source {
 public:
  replication_stream(async::executor on, async::task_registry& registry, async::blocking_pool& pool,
                     stream_settings with);
  ~replication_stream() override;
  replication_stream(const replication_stream&) = delete;
  replication_stream& operator=(const replication_stream&) = delete;

  /// Opens the replication session and an ordinary one, and asks who the server is.
  async::awaitable<identity> connect(async::self me);

  /// Decides by the rules of start_rules.hpp; makes publication and slot when they say so.
  async::awaitable<start_point> prepare(async::self me, std::optional<event::stored_position> stored,
                                        bool remembers);

  /// START_REPLICATION, then compares the slot with `stored` where nobody else can move it any more. Until then
  /// nothing is confirmed. Returns the position to store when the timeline is a new one (a failover).
  async::awaitable<std::optional<event::stored_position>> start(async::self me, event::stored_position stored,
                                                                bool remembers);

  /// Reads, decodes and gives to `into` until cancelled, until `stop_reading` and the end of the drain, or
  /// until a failure. Status goes out by timer whatever `into` and `budget` do.
  async::awaitable<> run(async::self me, event::intake& into, async::byte_budget& budget);

  /// Thread-free: only the loop calls. Never goes back; sent with the next status, at once when streaming.
  void confirm(lsn stored) override;

  /// Throws weir::failure (retry, "promoted") when the standby that is read has become a primary: what it sends
  /// from there on belongs to another timeline, which the next life of the stream reads. What was received
  /// before the call belongs to the timeline that `connect` named. Nothing to do on a primary.
  async::awaitable<> check_promotion(async::self me);

  /// Nothing more is read from the socket; status goes on by timer until `run` is cancelled.
  void stop_reading();

  /// Reading stops before the first transaction that commits at or after `at`, and as soon as nothing
  /// that commits before `at` is still to come. Nothing is lost, and status goes on by timer as under
  /// backpressure. Called again it moves the place; zero is before the next transaction, whichever that is.
  void hold_at(lsn at);
  /// Waits until reading has stopped there.
  async::awaitable<> held(async::self me);
  /// Reading goes on. Idempotent.
  void release();

  /// After `run` was cancelled: last status with the confirmed position, CopyDone, what still comes is read and
  /// thrown away for at most 500 ms, close. Never throws but on cancellation: what cannot be said now is said
  /// by the next start.
  async::awaitable<> finish(async::self me, steady_time until);

  [[nodiscard]] stream_status status() const;
  /// The bound within which the server must answer a request for a reply.
  [[nodiscard]] std::chrono::milliseconds silence_bound() const;

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace weir::postgres
