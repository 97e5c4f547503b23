#include <support/kafka_server.hpp>

#include <fmt/format.h>
#include <support/bed.hpp>
#include <support/eventually.hpp>
#include <support/free_port.hpp>
#include <support/kafka_client.hpp>

#include <cstdlib>

namespace weir::support {
namespace {

using namespace std::chrono_literals;

constexpr auto start_bound = 90s;
constexpr auto stop_bound = 30s;
constexpr int start_tries = 5;

bool was_taken(const std::runtime_error& why) {
  return std::string_view{why.what()}.find("BindException") != std::string_view::npos;
}

}  // namespace

kafka_options with_authorizer(const std::string& address) {
  return {.properties =
              {"listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT",
               "sasl.enabled.mechanisms=PLAIN",
               "listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain."
               "PlainLoginModule required user_weir=\"secret\";",
               "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
               "super.users=User:ANONYMOUS"},
          .extra_listener = "SASL://" + address};
}

kafka_server::kafka_server(kafka_options options) : options_(std::move(options)) {
  if (options_.member) {
    port_ = free_port();
    controller_port_ = options_.member->controller_port;
    launch();
    return;
  }
  for (int tries = 1;; ++tries) {
    port_ = free_port();
    controller_port_ = free_port();
    try {
      start();
      return;
    } catch (const std::runtime_error& error) {
      if (!was_taken(error) || tries == start_tries) throw;
    }
  }
}

kafka_server::~kafka_server() = default;

std::string kafka_server::own_address() const { return fmt::format("127.0.0.1:{}", port_); }

std::string kafka_server::brokers() const {
  return options_.advertised_port == 0 ? own_address() : fmt::format("127.0.0.1:{}", options_.advertised_port);
}

void kafka_server::start(std::uint16_t new_port) {
  if (new_port != 0) port_ = new_port;
  launch();
  wait_until_up();
}

void kafka_server::launch() {
  command what{.arguments = {"/bin/bash", WEIR_SOURCE_DIR "/deploy/bed/kafka", directory_.path().string(),
                             std::to_string(port_), std::to_string(controller_port_),
                             "advertised.listeners=PLAINTEXT://" + brokers()},
               .output = directory_ / "log"};
  if (const auto& extra = options_.extra_listener; !extra.empty()) {
    what.arguments.back() += "," + extra;
    what.arguments.push_back(fmt::format("listeners=PLAINTEXT://{},CONTROLLER://127.0.0.1:{},{}", own_address(),
                                         controller_port_, extra));
  }
  if (const auto& member = options_.member) {
    what.arguments.push_back(fmt::format("node.id={}", member->node));
    what.arguments.push_back("controller.quorum.voters=" + member->voters);
  }
  what.arguments.insert(what.arguments.end(), options_.properties.begin(), options_.properties.end());
  broker_.emplace(what);
}

void kafka_server::wait_until_up() {
  const auto is_up = [this] { return !broker_->is_running() || answers_metadata(own_address()); };
  if (eventually(is_up, start_bound, 50ms) && broker_->is_running()) return;
  broker_.reset();
  throw std::runtime_error("Kafka did not start:\n" + log());
}

void kafka_server::limit_producers(std::optional<int> bytes_per_second) const {
  command what{
      .arguments = {"java", "-Xmx64m", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-cp",
                    (bed() / "kafka" / "lib" / "*").string(), "kafka.admin.ConfigCommand", "--bootstrap-server",
                    own_address(), "--alter", "--entity-type", "clients", "--entity-default"},
      .directory = directory_.path()};
  if (bytes_per_second) {
    what.arguments.insert(what.arguments.end(),
                          {"--add-config", fmt::format("producer_byte_rate={}", *bytes_per_second)});
  } else {
    what.arguments.insert(what.arguments.end(), {"--delete-config", "producer_byte_rate"});
  }
  run_program(what, start_bound);
}

void kafka_server::stop() {
  if (!broker_) return;
  broker_->signal(SIGTERM);
  if (!broker_->wait(stop_bound)) throw std::runtime_error("Kafka did not stop within 30 s:\n" + log());
  broker_.reset();
}

void kafka_server::kill() { broker_.reset(); }

void kafka_server::restart() {
  stop();
  start();
}

void kafka_server::freeze() { broker_->signal(SIGSTOP); }
void kafka_server::thaw() { broker_->signal(SIGCONT); }

std::string shared_brokers() {
  if (const char* given = std::getenv("WEIR_TEST_BROKERS"); given != nullptr && *given != '\0') return given;
  static kafka_server server;
  return server.brokers();
}

}  // namespace weir::support
