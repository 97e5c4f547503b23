#pragma once

#include <support/child_process.hpp>
#include <support/temporary_directory.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::support {

/// One of several nodes that know each other: each is broker and controller.
struct kafka_membership {
  int node = 1;
  std::uint16_t controller_port = 0;
  std::string voters = {};  ///< "1@127.0.0.1:PORT,2@...", the controllers of all nodes
};

struct kafka_options {
  std::vector<std::string> properties = {};  ///< lines for server.properties, which win over the usual ones
  std::string extra_listener =
      {};  ///< like SASL://127.0.0.1:PORT, beside the plain one that the broker itself uses
  std::uint16_t advertised_port = 0;  ///< a proxy's port, which clients are sent to; 0: the broker's own
  std::optional<kafka_membership> member = {};  ///< of a kafka_cluster: whoever makes it waits until it is up
};

/// For a broker that authorises: who comes without a login may do everything; user `weir`, password `secret`,
/// of the SASL listener at `address` nothing, until kafka_client::allow lets it.
[[nodiscard]] kafka_options with_authorizer(const std::string& address);

/// A real Kafka of one node on free ports of 127.0.0.1, with a small heap. Starting takes about two seconds of
/// the processor: a test that does not harm the broker uses `shared_brokers()`.
class kafka_server {
 public:
  explicit kafka_server(kafka_options options = {});
  ~kafka_server();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// What clients bootstrap from; the advertised port when one was given.
  [[nodiscard]] std::string brokers() const;
  /// The broker itself, not through a proxy.
  [[nodiscard]] std::string own_address() const;
  [[nodiscard]] pid_t pid() const { return broker_ ? broker_->pid() : -1; }

  /// SIGTERM, at most 30 s.
  void stop();
  /// SIGKILL.
  void kill();
  /// Starts again with the same data on the same port, or on `new_port`. Returns when it answers metadata
  /// requests.
  void start(std::uint16_t new_port = 0);
  void restart();
  /// The two halves of `start`, for nodes that need each other to come up.
  void launch();
  void wait_until_up();
  /// SIGSTOP and SIGCONT: a broker that is there and does not answer.
  void freeze();
  void thaw();

  /// Bounds what each client may produce, in bytes per second, from now on; nothing: no bound. Needs the broker
  /// to be up.
  void limit_producers(std::optional<int> bytes_per_second) const;

  [[nodiscard]] std::string log() const { return read_text(directory_ / "log"); }

 private:
  kafka_options options_;
  temporary_directory directory_{"weir-kafka"};
  std::uint16_t port_ = 0;
  std::uint16_t controller_port_ = 0;
  std::optional<child_process> broker_;
};

/// The bootstrap address of a broker that everybody shares: WEIR_TEST_BROKERS when that is set, else one that
/// this process starts once. Its users keep to topics with a `unique_name` and never stop it.
std::string shared_brokers();

}  // namespace weir::support
