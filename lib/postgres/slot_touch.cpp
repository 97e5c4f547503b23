#include <postgres/slot_touch.hpp>

#include <fmt/format.h>

#include <utility>

#include <async/deadline.hpp>
#include <base/log.hpp>
#include <postgres/start_command.hpp>

namespace weir::postgres {
namespace {

/// Until the server lets go of the slot by itself; after that the connection is simply closed.
constexpr std::chrono::milliseconds release_bound{500};

async::awaitable<> read_to_the_end(async::self me, connection& on) {
  while (true) {
    switch (on.take_copied().is) {
      case connection::copied::ended:
        co_return;
      case connection::copied::frame:
        break;
      case connection::copied::none:
        co_await me.wait("PostgreSQL to let go of the slot", release_bound, on.readable());
        on.receive();
        break;
    }
  }
}

async::awaitable<> let_go(async::self me, connection& on) {
  co_await on.end_copy(me);
  co_await read_to_the_end(me, on);
}

}  // namespace

async::awaitable<> touch_slot(async::self me, async::blocking_pool& pool, endpoint server, std::string slot,
                              std::string publication, std::function<bool()> may_attach) {
  const auto session = co_await connection::open(me, pool, std::move(server), session::replication);
  if (!may_attach()) co_return;
  co_await session->start_copy(me, start_command(*session, slot, publication), touch_bound - release_bound);
  try {
    co_await async::with_deadline(let_go(me, *session), steady_clock::now() + release_bound,
                                  "the slot's release");
  } catch (const async::deadline_exceeded&) {
    // In the middle of a large transaction it hears nothing; closing the socket is heard everywhere.
    log::debug("slot \"{}\" is let go by closing its connection", slot);
  }
}

}  // namespace weir::postgres
