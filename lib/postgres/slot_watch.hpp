#pragma once

#include <async/async.hpp>
#include <async/condition.hpp>
#include <base/lsn.hpp>
#include <base/size.hpp>
#include <postgres/connection.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace weir::postgres {

/// How the server sees the slot.
struct slot_view {
  std::string wal_status;  ///< empty: unknown
  bytes retained = 0;      ///< log that the server keeps because of the slot
  lsn confirmed_flush;
  lsn server_wal;
  std::chrono::milliseconds unused{};      ///< for how long nobody has used it; zero while somebody does
  std::chrono::milliseconds idle_limit{};  ///< `idle_replication_slot_timeout`; zero: off, or before 18
  steady_time seen{};                      ///< steady_time{}: never
};

/// How often a slot is looked at that the server drops after `idle_limit`, and how long it may be unused before
/// it is touched. Both together are a third of the limit.
[[nodiscard]] std::chrono::milliseconds touch_interval(std::chrono::milliseconds idle_limit);

/// Looks at the slot every `interval` on a session of its own, for metrics and early warning; and where the
/// server drops slots that nobody uses, touches one that is left alone, because the sink is away, at least
/// every third of the limit. What goes wrong here never ends the stream: it is logged, and the next look tries
/// again.
class slot_watch {
 public:
  slot_watch(async::executor on, async::blocking_pool& pool, endpoint server, std::string slot,
             std::string publication, steady_clock::duration interval = std::chrono::seconds{10});

  /// Runs until it is cancelled.
  async::awaitable<> watch(async::self me);

  /// For whoever is about to take the slot: it is not touched any more until `stand_in`. Returns when a touch
  /// that is under way has ended.
  async::awaitable<> stand_aside(async::self me);
  void stand_in();

  [[nodiscard]] const slot_view& seen() const { return seen_; }

 private:
  async::awaitable<> look(async::self me);
  async::awaitable<> keep_in_use(async::self me);
  [[nodiscard]] steady_clock::duration pause() const;

  async::executor on_;
  async::blocking_pool& pool_;
  endpoint server_;
  std::string slot_;
  std::string publication_;
  steady_clock::duration interval_;
  std::unique_ptr<connection> session_;
  slot_view seen_;
  async::condition released_;
  bool is_failing_ = false;
  bool is_aside_ = false;
  bool holds_ = false;  ///< the slot is being touched
};

}  // namespace weir::postgres
