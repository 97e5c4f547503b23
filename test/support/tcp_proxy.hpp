#pragma once

#include <support/child_process.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace weir::support {

/// A TCP proxy on a free port of 127.0.0.1, in a process of its own. Each call returns when it is in force.
/// Up is from the client to the target, down is back.
class tcp_proxy {
 public:
  enum class way { up, down, both };

  /// What it understands of the bytes: messages are forwarded whole then. PostgreSQL without TLS.
  enum class protocol { none, postgres, kafka };
  /// A message that is awaited: the Commit of a transaction, a status update, a Produce, the answer to one.
  enum class moment { commit, status, request, report };
  /// Before: it has come whole and is not forwarded. After: it is out, and nothing behind it.
  enum class side { before, after };

  explicit tcp_proxy(std::uint16_t target_port = 0, protocol speaks = protocol::none);

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

  /// SIGKILL for `process` at the `nth` such message from now on, `later` than that; until then nothing more is
  /// forwarded that way. A new order replaces the last one.
  void kill_at(moment when, side which, int nth, pid_t process, std::chrono::milliseconds later = {});
  /// Answers `times` Produce requests in the broker's place, which never sees them, with this error: those for
  /// a topic that begins so and with this text in them, but for the first `further` ones.
  void refuse_produce(int code, int times, const std::string& topic, const std::string& text = "",
                      int further = 0);
  [[nodiscard]] std::uint64_t refusals_left() { return ask("count").refusals; }
  /// Turns around one byte in each of the next `times` Produce requests, or, without a protocol, in whatever
  /// goes that way.
  void corrupt(int times, way which) { tell("corrupt", which, static_cast<std::uint64_t>(times)); }
  [[nodiscard]] std::uint64_t corruptions_left() { return ask("count").corruptions; }

  /// Connections that are open now, and all that ever came.
  [[nodiscard]] std::uint64_t open_connections();
  [[nodiscard]] std::uint64_t accepted_connections();

 private:
  struct counts {
    std::uint64_t open = 0;
    std::uint64_t accepted = 0;
    std::uint64_t kills = 0;
    std::uint64_t refusals = 0;
    std::uint64_t corruptions = 0;
  };
  counts ask(const std::string& line);
  void tell(const char* verb, way which = way::both, std::uint64_t amount = 0);

  child_process process_;
  std::uint16_t port_ = 0;
};

}  // namespace weir::support
