#pragma once

#include <async/task_registry.hpp>
#include <base/size.hpp>
#include <metrics/registry.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weir::admin {

/// What a probe says: 200 or 503, and why.
struct answer {
  bool is_good = true;
  std::string reason;  ///< a sentence; also useful when good ("streaming, 3 MiB behind")
};

/// What became of an order.
struct taken_order {
  bool is_taken = true;
  std::string document;  ///< JSON when it is taken, else a sentence that says why not
};

/// What the program has to say. Called on the loop, must not throw; an empty function counts as a good answer.
struct pages {
  std::function<answer()> health;  ///< beside the check of overdue tasks, which the server does itself
  std::function<answer()> ready;
  std::function<std::string()> status;  ///< one JSON document
  /// POST /snapshot?table=public.a&table=public.b: tables to read (again). Empty: there is no such page.
  std::function<taken_order(const std::vector<std::string>& tables)> snapshot;
};

struct options {
  std::string host = "127.0.0.1";                  ///< an IP address
  std::uint16_t port = 8080;                       ///< 0: any free port
  std::string token = {};                          ///< bearer token for all but the probes; empty: none
  bytes header_limit = 8 * kibibyte;               ///< larger: 431
  std::chrono::milliseconds idle_timeout{60'000};  ///< between two requests
  std::chrono::milliseconds request_timeout{
      10'000};                                ///< for a request's header to arrive and its answer to be taken
  std::size_t connections = 256;              ///< more: 503 and closed; a few beside them are kept for probes
  std::chrono::milliseconds farewell{1'000};  ///< at the end: for replies that are being written
  std::chrono::milliseconds overdue{60'000};  ///< a task that is this late turns /health red
};

/// The admin endpoint. Listening begins with construction, so that `port` is known and a refused bind
/// is told before anything else starts.
class server {
 public:
  /// Throws weir::failure (permanent, "http_bind") when the address cannot be listened on.
  server(async::executor on, async::task_registry& tasks, metrics::registry& figures, options how, pages what);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  [[nodiscard]] std::uint16_t port() const;

  /// Serves until it is cancelled; then accepts nothing more, gives replies that are being written `farewell`
  /// to leave, closes every connection and returns. Each connection is a task "http connection".
  async::awaitable<> run(async::self me);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir::admin
