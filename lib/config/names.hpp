#pragma once

#include <config/load.hpp>

#include <span>
#include <string>
#include <string_view>

/// Names of environment variables: which are ours, which only look so, and what a wrong one may have meant.
namespace weir::config {

/// Variables that Kubernetes injects for a Service whose name begins with "weir": {SVC}_SERVICE_HOST,
/// {SVC}_SERVICE_PORT[_NAME], {SVC}_PORT and {SVC}_PORT_<n>_<protocol>[_PROTO|_PORT|_ADDR]. The value of
/// {SVC}_PORT is a URL; a plain number there is somebody's setting.
[[nodiscard]] bool is_service_link(std::string_view name, std::string_view value);

/// WEIR_KAFKA_* names whose value is a secret, and which therefore may be given as NAME_FILE.
[[nodiscard]] bool is_kafka_secret(std::string_view name);

/// The known setting that is nearest to `name`; empty when none is near enough to be meant.
[[nodiscard]] std::string nearest_setting(std::string_view name);

/// The one of `known` that is nearest to `name`; empty when none is near enough to be meant.
[[nodiscard]] std::string_view nearest(std::string_view name, std::span<const std::string_view> known);
/// What to do about a name that does not exist: "did you mean orders?", or all that exist under `all_are`:
/// "the targets are audit, stream".
[[nodiscard]] std::string suggestion(std::string_view name, std::span<const std::string_view> known,
                                     std::string_view all_are);

/// Variables of libpq that would change a session which Weir pins, so that values never depend on them.
[[nodiscard]] bool is_pinned_by_weir(std::string_view name);

}  // namespace weir::config
