#pragma once

#include <base/failure.hpp>

#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace weir::postgres {

/// A failure that the server named by SQLSTATE.
class server_error : public failure {
 public:
  server_error(verdict decision, std::string reason, const std::string& sentence, std::string sqlstate)
      : failure(decision, std::move(reason), sentence), sqlstate_(std::move(sqlstate)) {}

  [[nodiscard]] const std::string& sqlstate() const noexcept { return sqlstate_; }

 private:
  std::string sqlstate_;
};

/// What to do about an error, and its label.
struct classification {
  verdict decision;
  std::string_view reason;
};

/// By SQLSTATE (PostgreSQL's errcodes.txt). What is not known to be an operator's work can pass by itself.
[[nodiscard]] classification classify(std::string_view sqlstate);

/// The SQLSTATE in a message of a failed connection, which libpq gives as text only: `FATAL:  28P01: password
/// ...` (verbose form).
[[nodiscard]] std::optional<std::string> sqlstate_of(std::string_view message);

/// The message without SQLSTATE, source location and line ends.
[[nodiscard]] std::string plain_message(std::string_view message);

/// The exception for a failed attempt to connect (failure, or server_error with its code), from libpq's message
/// in its verbose form.
[[nodiscard]] std::exception_ptr connect_failure(std::string_view message, bool needs_password);

}  // namespace weir::postgres
