#pragma once

#include <async/blocking_pool.hpp>
#include <event/state_store.hpp>
#include <kafka/options.hpp>

#include <string>

namespace weir::kafka {

/// Reads what belongs to `key` from the state topic, which is made when it is missing. A handle of its own, no
/// group. Throws as state_store::load says.
async::awaitable<event::stored_state> load_state(async::self me, async::executor on, async::blocking_pool& pool,
                                                 options with, std::string topic, std::string key,
                                                 steady_time until);

}  // namespace weir::kafka
