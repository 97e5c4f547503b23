#pragma once

#include <async/blocking_pool.hpp>
#include <event/state_store.hpp>
#include <kafka/options.hpp>

#include <optional>
#include <string>

namespace weir::kafka {

/// Reads the position of `key` from the state topic, which is made when it is missing. A handle of its own, no
/// group. Throws as state_store::load says.
async::awaitable<std::optional<event::stored_position>> load_state(async::self me, async::executor on,
                                                                   async::blocking_pool& pool, options with,
                                                                   std::string topic, std::string key,
                                                                   steady_time until);

}  // namespace weir::kafka
