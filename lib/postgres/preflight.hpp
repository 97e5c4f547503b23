#pragma once

#include <async/async.hpp>
#include <event/state_store.hpp>
#include <postgres/connection.hpp>
#include <postgres/relations.hpp>
#include <postgres/table_patterns.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::postgres {

enum class severity : std::uint8_t { ok, warning, error };

/// One line of `weir check`.
struct finding {
  severity is = severity::ok;
  std::string object;  ///< "server", "slot weir", "table public.orders"
  std::string sentence;
};

struct preflight_settings {
  endpoint server = {};
  std::string slot = {};
  std::string publication = {};
  table_patterns tables = {};
  bool may_create = true;
  judge_of_tables judge = {};  ///< sees every table that is or would be published, and all that is missing
  bool wants_failover_slot = false;
};

/// Looks at everything the stream will need and changes nothing. A failed connection is a finding, not an
/// exception.
async::awaitable<std::vector<finding>> preflight(async::self me, async::blocking_pool& pool,
                                                 preflight_settings with);

}  // namespace weir::postgres
