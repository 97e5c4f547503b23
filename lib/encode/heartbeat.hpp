#pragma once

#include <base/clock.hpp>

#include <string>
#include <string_view>

namespace weir::encode {

/// A record of Debezium's heartbeat topic: the stream lives, though nothing that a consumer takes may change.
struct heartbeat_record {
  std::string key;
  std::string value;
};

/// `name` is the topic prefix.
[[nodiscard]] heartbeat_record heartbeat(std::string_view name, wall_time at);

}  // namespace weir::encode
