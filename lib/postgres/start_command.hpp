#pragma once

#include <postgres/connection.hpp>

#include <string>

namespace weir::postgres {

/// START_REPLICATION from where the slot stands: 0/0, because a position of ours above the slot's own would
/// skip what lies between.
[[nodiscard]] std::string start_command(const connection& on, const std::string& slot,
                                        const std::string& publication);

}  // namespace weir::postgres
