#pragma once

#include "recording_intake.hpp"

#include <async/blocking_pool.hpp>
#include <async/byte_budget.hpp>
#include <async/task_scope.hpp>
#include <base/failure.hpp>
#include <base/size.hpp>
#include <postgres/replication_stream.hpp>
#include <support/postgres_server.hpp>
#include <support/run_loop.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace weir::postgres {

/// A server of its own and what a stream needs beside it.
class stream_bed {
 public:
  explicit stream_bed(support::postgres_options options = {}) : server(std::move(options)) {}

  [[nodiscard]] endpoint to(const std::string& more = "") const;
  [[nodiscard]] stream_settings settings() const;

  using body = std::function<async::awaitable<>(async::self, async::blocking_pool&)>;
  /// Runs `test` with a pool of blocking calls, which ends with it.
  void with_pool(body test);

  /// What a test does while the stream runs.
  using while_streaming =
      std::function<async::awaitable<>(async::self, replication_stream&, recording_intake&)>;
  /// The whole life of a stream: connect, prepare, start, run, `test`, finish. Returns the position it ended
  /// with.
  event::stored_position stream(stream_settings with, std::optional<event::stored_position> stored,
                                while_streaming test, bool remembers = true);

  /// Connects and prepares; returns the failure's sentence, whose reason and verdict are checked by the caller.
  std::optional<failure> refusal(stream_settings with, std::optional<event::stored_position> stored,
                                 bool remembers = true);

  /// Asks the server again and again until it says `yes`, while the loop goes on; at most 10 s.
  async::awaitable<> until(std::function<bool()> yes);
  [[nodiscard]] std::string slot_position() {
    return server.value("select confirmed_flush_lsn from pg_replication_slots where slot_name = 'weir'");
  }

  support::postgres_server server;
  support::run_loop loop;
  bytes budget_limit = 64 * mebibyte;
  bool stalls = false;                   ///< the intake keeps all the room of the budget after the first row
  async::blocking_pool* pool = nullptr;  ///< while `with_pool` runs
};

}  // namespace weir::postgres
