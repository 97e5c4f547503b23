#pragma once

#include <async/async.hpp>
#include <async/blocking_pool.hpp>
#include <async/condition.hpp>
#include <async/task_registry.hpp>
#include <base/lsn.hpp>
#include <postgres/connection.hpp>
#include <postgres/heartbeat_book.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace weir::postgres {

/// How far the stream is.
struct stream_place {
  lsn received;
  steady_time last_commit{};  ///< when it last brought one
};

/// Writes a logical message when nothing was committed for an interval, on a session of its own, and waits for
/// it to come through the stream. The message is transactional: so its commit goes the way of all others, and
/// the server flushes it at once. A standby writes nothing; it is asked again every interval, because it may be
/// promoted. What goes wrong here never ends the stream.
class heartbeat {
 public:
  heartbeat(async::executor on, async::blocking_pool& pool, endpoint server, steady_clock::duration interval,
            steady_clock::duration late_after);

  /// For the life of a run; until it is cancelled.
  async::awaitable<> run(async::self me, std::function<stream_place()> place);

  /// A message with event::heartbeat_prefix came through the stream.
  void on_message(std::string_view content, steady_time now);

  [[nodiscard]] const heartbeat_view& seen() const { return book_.seen(); }

 private:
  async::awaitable<> write(async::self me);
  void look(lsn passed);

  async::executor on_;
  async::blocking_pool& pool_;
  endpoint server_;
  heartbeat_book book_;
  async::condition news_;
  std::unique_ptr<connection> session_;
};

}  // namespace weir::postgres
