#pragma once

#include <support/child_process.hpp>
#include <support/postgres_session.hpp>
#include <support/temporary_directory.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir::support {

struct postgres_options {
  int version = 0;                         ///< major version; 0: the distribution's own
  std::vector<std::string> settings = {};  ///< lines for postgresql.conf, after (so above) the usual ones
  std::filesystem::path disk = {};         ///< where its data lies; empty: a directory of its own
  bool is_durable = false;                 ///< fsync on; off is enough for whatever a test kills
};

/// How a server is told to stop: SIGINT, or SIGQUIT (which leaves recovery to the next start).
enum class postgres_stop { fast, immediate };

/// A private PostgreSQL on a free port of 127.0.0.1: superuser `postgres`, no passwords, wal_level=logical,
/// room for 20 slots. Runs as `nobody` when we are root. Stopped at once and removed at the end.
class postgres_server {
 public:
  explicit postgres_server(postgres_options options = {});
  ~postgres_server();

  [[nodiscard]] int version() const { return options_.version; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::filesystem::path& data() const { return data_; }
  [[nodiscard]] pid_t pid() const { return server_ ? server_->pid() : -1; }

  /// For libpq. `port` other than 0: through a proxy there.
  [[nodiscard]] std::string conninfo(const std::string& database = "postgres", std::uint16_t port = 0) const;
  /// The same as variables: PGHOST, PGPORT, PGUSER, PGDATABASE.
  [[nodiscard]] std::vector<std::string> environment(const std::string& database = "postgres",
                                                     std::uint16_t port = 0) const;

  /// On a connection of the server's own, opened on first use and again after a restart.
  void exec(const std::string& sql) { session().exec(sql); }
  sql_rows query(const std::string& sql) { return session().query(sql); }
  std::string value(const std::string& sql) { return session().value(sql); }
  [[nodiscard]] postgres_session connect(const std::string& database = "postgres") const;

  /// Returns when the server has ended; throws when it has not after 30 s.
  void stop(postgres_stop how = postgres_stop::fast);
  /// SIGKILL to the postmaster, as the OOM killer would; its workers notice and end.
  void kill();
  /// Starts again on the same port and data; throws with the log when that fails.
  void start();
  void restart(postgres_stop how = postgres_stop::fast);
  [[nodiscard]] bool is_running() { return server_ && server_->is_running(); }

  /// Adds a line to postgresql.conf; `restart` or `reload` makes it count.
  void configure(const std::string& line);
  /// Puts lines before all others of pg_hba.conf and reloads.
  void allow(const std::string& hba_lines);
  void reload();
  [[nodiscard]] std::string log() const { return read_text(log_); }

 private:
  postgres_session& session();
  [[nodiscard]] bool is_ready() const;

  postgres_options options_;
  temporary_directory directory_{"weir-postgres"};
  std::filesystem::path data_;
  std::filesystem::path log_;
  std::uint16_t port_ = 0;
  std::optional<child_process> server_;
  std::optional<postgres_session> session_;
};

}  // namespace weir::support
