#include <config/names.hpp>
#include <config/settings_table.hpp>

#include <base/edit_distance.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace weir::config {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// `8080_TCP`, `8080_TCP_ADDR`: what follows {SVC}_PORT_.
bool is_port_and_protocol(std::string_view rest) {
  const auto digits =
      static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_digit) - rest.begin());
  rest.remove_prefix(digits);
  if (digits == 0) return false;
  constexpr std::array<std::string_view, 3> protocols{"_TCP", "_UDP", "_SCTP"};
  return std::any_of(protocols.begin(), protocols.end(), [&](auto protocol) {
    return rest == protocol || (rest.starts_with(protocol) && rest[protocol.size()] == '_');
  });
}

}  // namespace

bool is_service_link(std::string_view name, std::string_view value) {
  if (name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT")) return true;
  if (name.find("_SERVICE_PORT_") != std::string_view::npos) return true;
  if (name.ends_with("_PORT") && value.find("://") != std::string_view::npos) return true;
  constexpr std::string_view port = "_PORT_";
  for (auto at = name.find(port); at != std::string_view::npos; at = name.find(port, at + 1)) {
    if (is_port_and_protocol(name.substr(at + port.size()))) return true;
  }
  return false;
}

bool is_kafka_secret(std::string_view name) {
  constexpr std::array<std::string_view, 6> secrets{"WEIR_KAFKA_SASL_PASSWORD",
                                                    "WEIR_KAFKA_SSL_KEY_PASSWORD",
                                                    "WEIR_KAFKA_SSL_KEY_PEM",
                                                    "WEIR_KAFKA_SSL_KEYSTORE_PASSWORD",
                                                    "WEIR_KAFKA_SASL_OAUTHBEARER_CONFIG",
                                                    "WEIR_KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET"};
  return std::find(secrets.begin(), secrets.end(), name) != secrets.end();
}

std::string nearest_setting(std::string_view name) {
  std::string nearest;
  // A third of the letters may be wrong; beyond that a suggestion only confuses.
  auto best = std::max<std::size_t>(2, (name.size() - std::min<std::size_t>(name.size(), 5)) / 3) + 1;
  for (const auto& each : settings_table()) {
    if (!each.name.starts_with("WEIR_") || each.name.ends_with('*')) continue;
    auto distance = edit_distance(name, each.name);
    // WEIR_HTTP_PORT means WEIR_HTTP, however long its tail is.
    if (name.starts_with(each.name)) distance = std::min<std::size_t>(distance, 2);
    if (distance >= best) continue;
    best = distance;
    nearest = each.name;
  }
  return nearest;
}

std::string_view nearest(std::string_view name, std::span<const std::string_view> known) {
  constexpr std::size_t short_name = 4;
  auto best = (name.size() < short_name ? 1 : std::max<std::size_t>(2, name.size() / 3)) + 1;
  std::string_view found;
  for (const auto each : known) {
    auto distance = edit_distance(name, each);
    // tenant means tenant_id, however long its tail is.
    if (name.size() >= short_name - 1 && each.starts_with(name)) distance = std::min<std::size_t>(distance, 2);
    if (distance >= best) continue;
    best = distance;
    found = each;
  }
  return found;
}

std::string suggestion(std::string_view name, std::span<const std::string_view> known,
                       std::string_view all_are) {
  if (const auto meant = nearest(name, known); !meant.empty()) return fmt::format("did you mean {}?", meant);
  return fmt::format("{} {}", all_are, fmt::join(known, ", "));
}

bool is_pinned_by_weir(std::string_view name) {
  constexpr std::array<std::string_view, 5> pinned{"PGOPTIONS", "PGCLIENTENCODING", "PGDATESTYLE", "PGTZ",
                                                   "PGGEQO"};
  return std::find(pinned.begin(), pinned.end(), name) != pinned.end();
}

}  // namespace weir::config
