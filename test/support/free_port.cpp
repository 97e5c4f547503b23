#include <support/free_port.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <set>
#include <stdexcept>

namespace weir::support {
namespace {

constexpr std::uint16_t lowest = 10'000;
constexpr std::uint16_t highest = 32'000;  // the ephemeral range begins at 32768
constexpr int tries = 1000;

bool is_free(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return bound;
}

}  // namespace

std::uint16_t free_port() {
  static std::set<std::uint16_t> handed_out;
  static std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<std::uint16_t> any{lowest, highest};
  for (int n = 0; n < tries; ++n) {
    const auto port = any(random);
    if (!handed_out.contains(port) && is_free(port)) {
      handed_out.insert(port);
      return port;
    }
  }
  throw std::runtime_error("no free port was found on 127.0.0.1");
}

}  // namespace weir::support
