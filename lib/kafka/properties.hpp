#pragma once

#include <kafka/options.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::kafka {

/// Every mistake in a set of pass-through properties, one sentence each: names that librdkafka does not know,
/// values that it refuses, and properties that Weir's guarantees rest on, with the reason. Values of secrets
/// are not shown.
[[nodiscard]] std::vector<std::string> problems(const property_map& properties);

/// `WEIR_KAFKA_SECURITY_PROTOCOL` -> `security.protocol`. Properties that have an underscore of their own
/// (`log_level`) are known by librdkafka's own list. Nothing when the name has another prefix or nothing behind
/// it; a name that librdkafka does not know comes back with dots, so that problems() can report it.
[[nodiscard]] std::optional<std::string> property_of(std::string_view environment_name);

/// True for properties whose value must never be printed (passwords, keys, tokens).
[[nodiscard]] bool is_secret(std::string_view property);

}  // namespace weir::kafka
