#pragma once

#include <support/child_process.hpp>
#include <support/temporary_directory.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace weir::support {

/// A private schema registry on a free port of 127.0.0.1, in memory: it forgets everything when it stops.
/// Starting takes some seconds of the processor.
class registry_server {
 public:
  registry_server();
  ~registry_server();

  /// For WEIR_SCHEMA_REGISTRY.
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// SIGTERM, at most 30 s.
  void stop();
  /// Starts again, empty, on the same port. Returns when it answers.
  void start();
  /// SIGSTOP and SIGCONT: a registry that is there and does not answer.
  void freeze();
  void thaw();

  /// The body of the answer to GET `path`, like "/subjects". Throws unless the status is 200.
  [[nodiscard]] std::string get(const std::string& path) const;
  /// The schema of this id, as a JSON text of its own.
  [[nodiscard]] std::string schema(std::uint32_t id) const;
  /// BACKWARD, NONE and so on, for every subject.
  void set_compatibility(const std::string& level) const;

 private:
  temporary_directory directory_{"weir-registry"};
  std::uint16_t port_ = 0;
  std::optional<child_process> server_;
};

}  // namespace weir::support
