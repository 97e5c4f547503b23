#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct pg_conn;
struct pg_result;

namespace weir::support {

/// How a NULL reads in a row.
inline constexpr const char* sql_null = "(null)";

using sql_row = std::vector<std::string>;
using sql_rows = std::vector<sql_row>;

/// What the server (or libpq) answered; `code()` is the SQLSTATE, empty when the connection itself failed.
class sql_error : public std::runtime_error {
 public:
  sql_error(std::string code, const std::string& text) : std::runtime_error(text), code_(std::move(code)) {}
  [[nodiscard]] const std::string& code() const { return code_; }

 private:
  std::string code_;
};

/// A blocking connection of a test. No statement takes longer than a minute: the server cancels it.
class postgres_session {
 public:
  explicit postgres_session(const std::string& conninfo);
  ~postgres_session();
  postgres_session(postgres_session&&) noexcept;
  postgres_session& operator=(postgres_session&&) noexcept;

  /// One or several statements, whose rows are dropped.
  void exec(const std::string& sql);
  /// The rows of the last statement, as text.
  sql_rows query(const std::string& sql);
  /// The first column of the first row; throws when there is no row.
  std::string value(const std::string& sql);
  [[nodiscard]] int backend_pid() const;

  /// Sends one statement and returns at once; `finish` waits for it and throws what it failed with. Between the
  /// two only `is_busy` may be called.
  void begin(const std::string& sql);
  [[nodiscard]] bool is_busy();
  void finish(std::chrono::milliseconds bound = std::chrono::seconds{60});
  /// Asks the server to end what was begun; `finish` tells how it ended.
  void cancel();
  /// False once the connection was seen to be lost.
  [[nodiscard]] bool is_open() const;

 private:
  struct close {
    void operator()(pg_conn* connection) const;
  };
  struct clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, clear> run(const std::string& sql);

  std::unique_ptr<pg_conn, close> connection_;
};

}  // namespace weir::support
