#include "state_command.hpp"

#include "one_task.hpp"
#include "position_keeper.hpp"
#include "sink_handle.hpp"
#include "wiring.hpp"

#include <postgres/slot.hpp>
#include <postgres/system.hpp>

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>

namespace weir::app {
namespace {

using namespace std::chrono_literals;

constexpr auto save_bound = 30s;
constexpr auto closing_bound = 10s;

struct both_sides {
  postgres::identity server;
  std::optional<postgres::slot> slot;
  lsn wal;
  std::optional<event::stored_position> stored;
  std::optional<event::snapshot_progress> snapshot;
};

/// One look at the server and the store, and a store that can be written.
class look_at_state {
 public:
  look_at_state(async::executor on, async::blocking_pool& pool, const config::settings& with,
                async::task_registry& tasks)
      : on_(on),
        pool_(pool),
        with_(with),
        changed_(on),
        scope_(on, tasks),
        keeper_(on, scope_, pool, with, kafka_options_of(with), changed_) {}

  async::awaitable<both_sides> look(async::self me) {
    both_sides found;
    const auto session =
        co_await postgres::connection::open(me, pool_, endpoint_of(with_), postgres::session::replication);
    found.server = co_await postgres::identify(me, *session);
    found.wal = co_await postgres::read_wal_position(me, *session);
    found.slot = co_await postgres::read_slot(me, *session, with_.slot);
    found.stored = co_await keeper_.load(me, found.server.database + "/" + with_.slot);
    found.snapshot = keeper_.stored_snapshot();
    co_return found;
  }

  async::awaitable<> store(async::self me, event::stored_position what) {
    auto handle = make_sink(on_, pool_, with_, kafka_options_of(with_), keeper_.in_kafka());
    async::task_scope pump{on_, me.registry()};
    pump.spawn("sink events", [&handle](async::self its) { return handle->run(its); });
    std::exception_ptr failed;
    try {
      keeper_.save(std::move(what));
      const auto until = steady_clock::now() + save_bound;
      bool is_in_time = true;
      while (keeper_.is_saving() && is_in_time) is_in_time = co_await changed_.wait_until(until);
      if (!is_in_time) throw failure{verdict::retry, "timeout", "the position could not be stored within 30 s"};
      keeper_.rethrow_failure();
    } catch (...) {
      failed = std::current_exception();
    }
    pump.cancel();
    co_await pump.join(closing_bound);
    co_await handle->close(me, steady_clock::now() + closing_bound);
    if (failed) std::rethrow_exception(failed);
  }

  async::awaitable<> end() {
    scope_.cancel();
    return scope_.join(closing_bound);
  }

 private:
  async::executor on_;
  async::blocking_pool& pool_;
  const config::settings& with_;
  async::condition changed_;
  async::task_scope scope_;
  position_keeper keeper_;
};

void print(const event::snapshot_progress& of) {
  const auto done =
      std::count_if(of.tables.begin(), of.tables.end(), [](const auto& each) { return each.is_done; });
  fmt::print("snapshot  {}{}{}{}\n", event::to_string(of.stage),
             of.at.is_set() ? fmt::format(" since {}", of.at) : "",
             of.tables.empty() ? "" : fmt::format(", {} of {} tables", done, of.tables.size()),
             of.wanted.empty() ? "" : fmt::format(", ordered: {}", fmt::join(of.wanted, ", ")));
  if (!of.queued.empty()) fmt::print("          then {}\n", fmt::join(of.queued, ", "));
}

void print(const both_sides& found, const std::string& slot) {
  fmt::print("server    system {}, timeline {}, log ends at {}\n", found.server.system_identifier,
             found.server.timeline, found.wal);
  if (found.slot) {
    fmt::print("slot      {}: confirmed_flush_lsn {}, wal_status {}{}\n", slot, found.slot->confirmed_flush,
               found.slot->wal_status.empty() ? "unknown" : found.slot->wal_status,
               found.slot->is_active ? fmt::format(", active (pid {})", found.slot->active_pid) : "");
  } else {
    fmt::print("slot      {}: does not exist\n", slot);
  }
  if (found.stored) {
    fmt::print("stored    system {}, timeline {}, {}, run {}\n", found.stored->system_identifier,
               found.stored->timeline, found.stored->at, found.stored->run);
  } else {
    fmt::print("stored    nothing\n");
  }
  if (found.snapshot) print(*found.snapshot);
}

/// Why the slot is not what the operator says; empty when it is.
std::string mismatch(const both_sides& found, const accepted_state& as) {
  const auto wanted = lsn::parse(as.slot_lsn);
  if (!wanted) return fmt::format("--slot-lsn {} is not an LSN like 16/B374D848", as.slot_lsn);
  if (!found.slot)
    return "the slot does not exist; create it, or let `weir run` do so after its record is gone";
  if (found.slot->is_active)
    return fmt::format("the slot is in use by pid {}; stop that first", found.slot->active_pid);
  if (found.slot->confirmed_flush != *wanted) {
    return fmt::format("the slot's confirmed_flush_lsn is {}, not {}", found.slot->confirmed_flush, *wanted);
  }
  const bool is_new_system = found.stored && found.stored->system_identifier != found.server.system_identifier;
  if (is_new_system && !as.system) {
    return fmt::format("the server is another system than the stored one; accept it with --system {}",
                       found.server.system_identifier);
  }
  if (as.system && *as.system != found.server.system_identifier) {
    return fmt::format("the server's system identifier is {}, not {}", found.server.system_identifier,
                       *as.system);
  }
  return {};
}

void print_what_is_missing(const both_sides& found) {
  if (!found.stored) {
    fmt::print("nothing was stored: records before {} are not known to be in the sink\n",
               found.slot->confirmed_flush);
  } else if (found.slot->confirmed_flush > found.stored->at) {
    fmt::print("MISSING in the sink from now on: every commit from {} up to {}\n", found.stored->at,
               found.slot->confirmed_flush);
  } else {
    fmt::print("nothing will be missing: commits from {} on are sent (again)\n", found.slot->confirmed_flush);
  }
}

async::awaitable<> show(async::self me, look_at_state* at, const config::settings* with) {
  print(co_await at->look(me), with->slot);
  co_await at->end();
}

async::awaitable<> accept(async::self me, look_at_state* at, const config::settings* with, accepted_state as,
                          exit_code* code) {
  const auto found = co_await at->look(me);
  print(found, with->slot);
  if (const auto wrong = mismatch(found, as); !wrong.empty()) {
    fmt::print(stderr, "not accepted: {}\n", wrong);
    *code = exit_code::failed;
  } else {
    print_what_is_missing(found);
    // The highest run counts: the record must prevail over an older one with a higher LSN.
    co_await at->store(me, {found.server.system_identifier, found.server.timeline, found.slot->confirmed_flush,
                            found.stored ? found.stored->run + 1 : 0});
    fmt::print("accepted: the stored position is {}\n", found.slot->confirmed_flush);
  }
  co_await at->end();
}

exit_code with_state(const config::settings& with,
                     const std::function<async::awaitable<>(async::self, look_at_state*)>& what) {
  if (with.state == config::state_kind::none) {
    fmt::print(stderr, "WEIR_STATE=none keeps no position\n");
    return exit_code::configuration;
  }
  std::unique_ptr<look_at_state> at;
  try {
    run_one_task("state", [&](async::self me, async::executor on, async::blocking_pool& pool) {
      at = std::make_unique<look_at_state>(on, pool, with, me.registry());
      return what(me, at.get());
    });
  } catch (const std::exception& why) {
    fmt::print(stderr, "weir state: {}\n", why.what());
    return exit_code::failed;
  }
  return exit_code::clean;
}

}  // namespace

exit_code state_command(const config::settings& with) {
  return with_state(with, [&](async::self me, look_at_state* at) { return show(me, at, &with); });
}

exit_code accept_state_command(const config::settings& with, const accepted_state& as) {
  auto code = exit_code::clean;
  const auto ended =
      with_state(with, [&](async::self me, look_at_state* at) { return accept(me, at, &with, as, &code); });
  return ended == exit_code::clean ? code : ended;
}

}  // namespace weir::app
