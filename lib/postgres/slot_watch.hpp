#pragma once

#include <async/async.hpp>
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
  steady_time seen{};  ///< steady_time{}: never
};

/// Looks at the slot every `interval` on a session of its own, for metrics and early warning. What goes wrong
/// here never ends the stream: it is logged, and the next look tries again.
class slot_watch {
 public:
  slot_watch(async::executor on, async::blocking_pool& pool, endpoint server, std::string slot,
             steady_clock::duration interval = std::chrono::seconds{10});

  /// Runs until it is cancelled.
  async::awaitable<> watch(async::self me);

  [[nodiscard]] const slot_view& seen() const { return seen_; }

 private:
  async::awaitable<> look(async::self me);

  async::executor on_;
  async::blocking_pool& pool_;
  endpoint server_;
  std::string slot_;
  steady_clock::duration interval_;
  std::unique_ptr<connection> session_;
  slot_view seen_;
  bool is_failing_ = false;
};

}  // namespace weir::postgres
