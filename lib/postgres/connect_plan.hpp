#pragma once

#include <postgres/connection.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::postgres {

/// One place to try. Empty members are left to libpq.
struct address {
  std::string host;      ///< a name, an address, or the folder of a Unix socket
  std::string hostaddr;  ///< numeric; libpq then asks no name server and uses `host` for TLS and passwords only
  std::string port;

  /// A name that nobody has resolved yet: libpq would block on it.
  [[nodiscard]] bool needs_resolving() const;
};

/// A connection string taken apart, so that names are resolved before libpq sees them and each address has its
/// own deadline. Everything that is not about hosts passes through, and the environment prevails where the
/// string is silent, as always with libpq.
struct connect_plan {
  using parameter = std::pair<std::string, std::string>;

  std::vector<address> hosts;
  /// `target_session_attrs` of each pass over the hosts; `prefer-standby` is two passes.
  std::vector<std::string> targets;
  std::optional<std::chrono::seconds> timeout;  ///< `connect_timeout`
  std::vector<parameter> others;                ///< all that is the same for each host

  /// Throws weir::failure (permanent, "configuration"); its sentence quotes nothing of `conninfo`.
  static connect_plan make(const std::string& conninfo, session kind);

  [[nodiscard]] std::vector<parameter> parameters(const address& at, const std::string& target) const;
};

/// All addresses of a name, numeric. Blocks. Throws weir::failure (retry, "unreachable").
[[nodiscard]] std::vector<std::string> resolve(const std::string& name);

}  // namespace weir::postgres
