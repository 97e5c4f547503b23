#pragma once

#include <async/async.hpp>
#include <async/blocking_pool.hpp>
#include <async/readiness.hpp>
#include <async/task_registry.hpp>
#include <base/clock.hpp>
#include <postgres/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct pg_conn;

namespace weir::postgres {

/// Where the server is and how to get in.
struct endpoint {
  /// A libpq connection string or URL, empty for libpq's environment alone. Called at every connect, so that
  /// secret files are read again. May throw weir::failure.
  std::function<std::string()> conninfo;
  /// For each address tried, from the first packet to ready for queries. `connect_timeout` in the string
  /// prevails.
  std::chrono::milliseconds attempt_timeout{10'000};
};

enum class session : std::uint8_t {
  ordinary,
  replication,  ///< `replication=database`: simple queries and replication commands
};

/// How long a statement may take that reads the catalog or moves a slot.
inline constexpr std::chrono::seconds statement_bound{30};

/// A row of COPY ... TO STDOUT in memory of its own, which its holder may change.
class copied_row {
 public:
  [[nodiscard]] std::span<char> text() const { return {memory_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  friend class connection;
  struct release {
    void operator()(char* memory) const noexcept;
  };
  std::unique_ptr<char, release> memory_;
  std::size_t size_ = 0;
};

/// One session with a server over libpq, never blocking the loop. A session that failed is never repaired:
/// destroy it. Every session is pinned: what a role or a database sets changes neither how values are written
/// nor how long a statement may run.
///
/// Errors are weir::failure (server_error when the server sent one); messages never hold the password.
/// Cancelling the task that waits leaves the session in an unknown state: destroy it.
class connection {
 public:
  /// Names are resolved on the pool, then each address is tried in the order of the hosts, until a server is
  /// found that `target_session_attrs` (default: primary) accepts.
  static async::awaitable<std::unique_ptr<connection>> open(async::self me, async::blocking_pool& pool,
                                                            endpoint to, session kind);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Runs one statement by the simple protocol; statements that return nothing give an empty result.
  async::awaitable<result> query(async::self me, std::string sql,
                                 steady_clock::duration bound = statement_bound);

  /// Runs a command that starts COPY in both directions (START_REPLICATION), or from the server (COPY ... TO
  /// STDOUT).
  async::awaitable<> start_copy(async::self me, std::string command,
                                steady_clock::duration bound = statement_bound);

  /// A frame of the COPY stream; the view lives until the next call. `none`: what the last read brought is used
  /// up. `ended`: the server ended the stream without an error. Never waits.
  enum class copied : std::uint8_t { frame, none, ended };
  struct copy_step {
    copied is = copied::none;
    std::string_view frame;
  };
  copy_step take_copied();
  /// As take_copied, of COPY ... TO STDOUT, each row with its line end. After `ended`: close_copy.
  copied take_copied(copied_row& into);
  /// The end of COPY ... TO STDOUT: throws what ended it early, else the session takes statements again.
  async::awaitable<> close_copy(async::self me, steady_clock::duration bound = statement_bound);
  /// One read of what the socket holds; never waits. It may leave the rest of a TLS record inside the library,
  /// where the socket does not show it: after it `take_copied` comes first, and `readable` only when that gives
  /// nothing.
  void receive();
  async::awaitable<> readable();

  /// Queues a frame and sends what the socket takes. In a COPY only the writable side is waited for: reading is
  /// the reader's own business, and the server reads answers even while it cannot write.
  async::awaitable<> send_copied(async::self me, std::string frame);
  /// CopyDone; the server answers by ending its side.
  async::awaitable<> end_copy(async::self me);

  [[nodiscard]] std::string quote_name(std::string_view name) const;
  [[nodiscard]] std::string quote_text(std::string_view text) const;

  /// As PQserverVersion: 150018 is 15.18.
  [[nodiscard]] int server_version() const;
  [[nodiscard]] std::string database() const;
  [[nodiscard]] std::string user() const;
  /// "host:port" or the socket's path, for logs and sentences.
  [[nodiscard]] std::string peer() const;

  /// None on a Unix socket.
  [[nodiscard]] std::optional<std::chrono::microseconds> round_trip() const;
  /// SO_RCVBUF; the kernel then no longer tunes the window.
  void set_receive_buffer(int size);

 private:
  connection(async::executor on, pg_conn* handle);

  struct attempt;
  struct reply {
    result rows;
    bool is_copying = false;
  };
  static async::awaitable<std::unique_ptr<connection>> try_address(async::self me, attempt with);
  async::awaitable<> handshake(async::self me, steady_clock::duration bound);
  async::awaitable<reply> bounded(async::self me, std::string sql, steady_clock::duration bound);
  async::awaitable<reply> exchange(async::self me, std::string sql, steady_clock::duration bound);
  async::awaitable<> flush(async::self me);
  async::awaitable<> flush_copy(async::self me);
  [[noreturn]] void fail_broken(std::string_view during) const;

  struct finish {
    void operator()(pg_conn* handle) const noexcept;
  };
  using free_copied = copied_row::release;

  std::unique_ptr<pg_conn, finish> handle_;
  async::readiness socket_;  ///< lets go of the descriptor before libpq closes it
  std::unique_ptr<char, free_copied> copied_;
};

}  // namespace weir::postgres
