#pragma once

#include <support/child_process.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace weir::support {

/// A TCP proxy on a free port of 127.0.0.1, in a process of its own. Each call returns when it is in force.
/// Up is from the client to the target, down is back.
class tcp_proxy {
 public:
  enum class way { up, down, both };

  explicit tcp_proxy(std::uint16_t target_port = 0);

  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// Resets every open connection; new ones come through.
  void cut() { tell("cut"); }
  /// Forwards nothing that way, the news of a closed connection included. Connections still open, bytes wait.
  void freeze(way which = way::both) { tell("freeze", which); }
  void thaw(way which = way::both) { tell("thaw", which); }
  /// At most so many bytes per second, over all connections; 0 lifts the limit.
  void slow(std::uint64_t bytes_per_second, way which = way::both) { tell("slow", which, bytes_per_second); }
  /// Stops listening: new connections are refused, open ones go on. `accept` listens on the same port again.
  void refuse() { tell("refuse"); }
  void accept() { tell("accept"); }
  /// Where connections from now on go.
  void set_target(std::uint16_t port);

  /// Connections that are open now, and all that ever came.
  [[nodiscard]] std::uint64_t open_connections();
  [[nodiscard]] std::uint64_t accepted_connections();

 private:
  std::pair<std::uint64_t, std::uint64_t> ask(const std::string& line);
  void tell(const char* verb, way which = way::both, std::uint64_t amount = 0);

  child_process process_;
  std::uint16_t port_ = 0;
};

}  // namespace weir::support
