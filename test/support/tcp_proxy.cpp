#include <support/tcp_proxy.hpp>

#include <fmt/format.h>

#include <sstream>

namespace weir::support {
namespace {

constexpr std::chrono::milliseconds answer_bound{10'000};

const char* name_of(tcp_proxy::way which) {
  switch (which) {
    case tcp_proxy::way::up:
      return "up";
    case tcp_proxy::way::down:
      return "down";
    case tcp_proxy::way::both:
      return "both";
  }
  return "both";
}

const char* name_of(tcp_proxy::protocol speaks) {
  switch (speaks) {
    case tcp_proxy::protocol::none:
      return "none";
    case tcp_proxy::protocol::postgres:
      return "postgres";
    case tcp_proxy::protocol::kafka:
      return "kafka";
  }
  return "none";
}

const char* name_of(tcp_proxy::moment when) {
  switch (when) {
    case tcp_proxy::moment::commit:
      return "commit";
    case tcp_proxy::moment::status:
      return "status";
    case tcp_proxy::moment::request:
      return "request";
    case tcp_proxy::moment::report:
      return "report";
  }
  return "other";
}

}  // namespace

tcp_proxy::tcp_proxy(std::uint16_t target_port, protocol speaks)
    : process_(command{.arguments = {WEIR_TEST_PROXY, std::to_string(target_port), name_of(speaks)},
                       .has_pipes = true}),
      port_(static_cast<std::uint16_t>(std::stoi(process_.read_line(answer_bound)))) {}

void tcp_proxy::set_target(std::uint16_t port) { (void)ask(fmt::format("target {}", port)); }

void tcp_proxy::kill_at(moment when, side which, int nth, pid_t process, std::chrono::milliseconds later) {
  (void)ask(fmt::format("kill {} {} {} {} {}", name_of(when), nth, which == side::before ? "before" : "after",
                        process, later.count()));
}

void tcp_proxy::refuse_produce(int code, int times, const std::string& topic, const std::string& text,
                               int further) {
  (void)ask(fmt::format("refuse-produce {} {} {} {} {}", code, times, further, topic, text));
}

std::uint64_t tcp_proxy::open_connections() { return ask("count").open; }
std::uint64_t tcp_proxy::accepted_connections() { return ask("count").accepted; }

tcp_proxy::counts tcp_proxy::ask(const std::string& line) {
  process_.write_line(line);
  std::istringstream answer{process_.read_line(answer_bound)};
  counts now;
  answer >> now.open >> now.accepted >> now.kills >> now.refusals >> now.corruptions;
  return now;
}

void tcp_proxy::tell(const char* verb, way which, std::uint64_t amount) {
  (void)ask(fmt::format("{} {} {}", verb, name_of(which), amount));
}

}  // namespace weir::support
