#pragma once

#include <support/child_process.hpp>
#include <support/postgres_server.hpp>
#include <support/postgres_session.hpp>
#include <support/temporary_directory.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::support {

/// A standby of `primary`, made from a copy of its data; the primary is restarted for it. It has a physical
/// slot `standby` there and sends its horizon back. Stopped at once and removed at the end.
class standby_server {
 public:
  /// `settings` are lines for postgresql.auto.conf.
  explicit standby_server(postgres_server& primary, const std::vector<std::string>& settings = {});
  ~standby_server();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] postgres_session connect() const;
  /// Everything that the primary has flushed by now is replayed here.
  void catch_up(postgres_server& primary);

 private:
  [[nodiscard]] std::filesystem::path data() const { return directory_ / "data"; }
  [[nodiscard]] bool is_up() const;

  temporary_directory directory_{"weir-standby"};
  std::uint16_t port_;
  std::optional<child_process> server_;
};

}  // namespace weir::support
