#include <support/kafka_server.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#include <support/bed.hpp>
#include <support/eventually.hpp>
#include <support/free_port.hpp>
#include <support/kafka_client.hpp>

#include <cstdlib>

namespace weir::support {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto start_bound = 90s;
constexpr auto stop_bound = 30s;
constexpr int start_tries = 5;
/// Any 22 characters of base64url.
constexpr const char* cluster_id = "V2VpclRlc3RCZWRLYWZrYQ";

constexpr const char* usual_properties = R"(
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
num.partitions=1
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
log.cleaner.dedupe.buffer.size=2097152
log.retention.hours=24
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
)";

std::vector<std::string> java(std::vector<std::string> flags, std::vector<std::string> arguments) {
  const char* home = std::getenv("JAVA_HOME");
  std::vector<std::string> all{home != nullptr && *home != '\0' ? std::string{home} + "/bin/java" : "java"};
  all.insert(all.end(), {"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
                         "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"});
  all.insert(all.end(), flags.begin(), flags.end());
  all.insert(all.end(), {"-cp", (bed() / "kafka/lib/*").string()});
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

/// Formatting a log directory starts a JVM of its own, so it is done once; every later broker gets a copy.
fs::path formatted_template() {
  const auto wanted = bed() / "templates" / fmt::format("kafka-{}", cluster_id);
  if (fs::exists(wanted)) return wanted;
  if (!fs::exists(bed() / "kafka/lib")) {
    throw std::runtime_error("there is no Kafka in the test bed: run deploy/install-dependencies --tests");
  }
  temporary_directory scratch{"weir-kafka-format"};
  const auto made = scratch / "logs";
  const auto properties = scratch / "server.properties";
  write_text(properties, fmt::format("{}\nlisteners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2\n"
                                     "controller.quorum.voters=1@127.0.0.1:2\nlog.dirs={}\n",
                                     usual_properties, made.string()));
  run_program({.arguments = java({"-Xmx128m"}, {"kafka.tools.StorageTool", "format", "-t", cluster_id, "-c",
                                                properties.string()})},
              start_bound);
  fs::create_directories(wanted.parent_path());
  const auto staged = fs::path{wanted}.concat(fmt::format(".{}", ::getpid()));
  fs::copy(made, staged, fs::copy_options::recursive);
  std::error_code lost;
  fs::rename(staged, wanted, lost);
  if (lost) fs::remove_all(staged);
  return wanted;
}

}  // namespace

kafka_server::kafka_server(kafka_options options) : options_(std::move(options)) {
  fs::copy(formatted_template(), directory_ / "logs", fs::copy_options::recursive);
  for (int tries = 1;; ++tries) {
    port_ = free_port();
    controller_port_ = free_port();
    try {
      start();
      return;
    } catch (const std::runtime_error& error) {
      const bool is_taken = std::string_view{error.what()}.find("BindException") != std::string_view::npos;
      if (!is_taken || tries == start_tries) throw;
    }
  }
}

kafka_server::~kafka_server() = default;

std::string kafka_server::own_address() const { return fmt::format("127.0.0.1:{}", port_); }

std::string kafka_server::brokers() const {
  return options_.advertised_port == 0 ? own_address() : fmt::format("127.0.0.1:{}", options_.advertised_port);
}

void kafka_server::write_properties() {
  write_text(directory_ / "server.properties",
             fmt::format("{}\nlisteners=PLAINTEXT://127.0.0.1:{},CONTROLLER://127.0.0.1:{}\n"
                         "advertised.listeners=PLAINTEXT://{}\ncontroller.quorum.voters=1@127.0.0.1:{}\n"
                         "log.dirs={}\n{}\n",
                         usual_properties, port_, controller_port_, brokers(), controller_port_,
                         (directory_ / "logs").string(), fmt::join(options_.properties, "\n")));
}

void kafka_server::start(std::uint16_t new_port) {
  if (new_port != 0) port_ = new_port;
  write_properties();
  broker_.emplace(
      command{.arguments = java({"-Xmx256m"}, {"kafka.Kafka", (directory_ / "server.properties").string()}),
              .output = directory_ / "log",
              .directory = directory_.path()});
  const auto is_up = [this] { return !broker_->is_running() || answers_metadata(own_address()); };
  if (eventually(is_up, start_bound, 50ms) && broker_->is_running()) return;
  broker_.reset();
  throw std::runtime_error("Kafka did not start:\n" + log());
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
