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

}  // namespace

tcp_proxy::tcp_proxy(std::uint16_t target_port)
    : process_(command{.arguments = {WEIR_TEST_PROXY, std::to_string(target_port)}, .has_pipes = true}),
      port_(static_cast<std::uint16_t>(std::stoi(process_.read_line(answer_bound)))) {}

void tcp_proxy::set_target(std::uint16_t port) { (void)ask(fmt::format("target {}", port)); }

std::uint64_t tcp_proxy::open_connections() { return ask("count").first; }
std::uint64_t tcp_proxy::accepted_connections() { return ask("count").second; }

std::pair<std::uint64_t, std::uint64_t> tcp_proxy::ask(const std::string& line) {
  process_.write_line(line);
  std::istringstream answer{process_.read_line(answer_bound)};
  std::pair<std::uint64_t, std::uint64_t> counts;
  answer >> counts.first >> counts.second;
  return counts;
}

void tcp_proxy::tell(const char* verb, way which, std::uint64_t amount) {
  (void)ask(fmt::format("{} {} {}", verb, name_of(which), amount));
}

}  // namespace weir::support
