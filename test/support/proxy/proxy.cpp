/// A TCP proxy for the tests: 127.0.0.1, one target, commands on stdin, one answer a line on stdout. It ends
/// with its stdin. `tcp_proxy` is its other side and says what each command means.

#include "message_finder.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

using steady = std::chrono::steady_clock;
using weir::test_proxy::kind;
using weir::test_proxy::message_finder;
using weir::test_proxy::protocol;

constexpr std::size_t block = 64UL * 1024;
constexpr int slow_tick_ms = 10;

/// What the two directions do: up is from the client to the target.
struct rule {
  bool is_frozen = false;
  double bytes_per_second = 0;  ///< 0: no limit
  double allowance = 0;
};

struct half {
  int from;
  int to;
  rule* by;
  message_finder finder;
  std::string held = {};
  std::optional<std::size_t> may_send = {};  ///< a trap: so much of `held`, then the kill
  bool is_dropped = false;                   ///< whatever comes now never arrives
  bool has_ended = false;                    ///< the sender has closed
  bool has_told = false;                     ///< and the receiver knows
};

struct connection {
  half up;
  half down;
  bool is_broken = false;
};

/// A process that dies at a message.
struct trap {
  kind at = kind::other;  ///< other: none is set
  bool is_before = false;
  int further = 0;  ///< so many such messages come first
  pid_t process = -1;
  std::chrono::milliseconds later{0};
  half* waits = nullptr;  ///< whose bytes have to be out first
  std::optional<steady::time_point> due = {};
};

/// Answers in the broker's place.
struct refusals {
  int left = 0;
  int further = 0;
  std::int16_t code = 0;
  std::string topic = {};
  std::string text = {};
};

int make_socket() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Closes with a reset, as a connection that is cut looks like.
void reset(int fd) {
  const linger now{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd);
}

void make_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

class proxy {
 public:
  proxy(std::uint16_t target, protocol speaks) : target_(target), speaks_(speaks) { listen(); }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// One turn: waits for something to do and does it. False when stdin has ended.
  bool turn();

 private:
  void listen();
  void accept_one();
  void obey(const std::string& line);
  void cut();
  void read_some(connection& in, half& way);
  void take_messages(connection& in, half& way);
  void forward(half& way, const std::string& message, kind is);
  [[nodiscard]] bool refuse(connection& in, const std::string& message);
  void corrupt(half& way, kind is);
  void write_some(connection& in, half& way);
  void spring();
  [[nodiscard]] int patience() const;
  void refill(rule& way, double seconds) const;
  [[nodiscard]] bool is_slow() const { return up_.bytes_per_second > 0 || down_.bytes_per_second > 0; }

  std::uint16_t target_;
  protocol speaks_;
  std::uint16_t port_ = 0;
  trap trap_;
  refusals refusals_;
  unsigned long kills_ = 0;
  int corruptions_ = 0;
  bool corrupts_up_ = false;
  int listener_ = -1;
  rule up_;
  rule down_;
  std::list<connection> connections_;
  unsigned long accepted_ = 0;
  std::string input_;
  steady::time_point last_ = steady::now();
};

void proxy::listen() {
  listener_ = make_socket();
  auto address = loopback(port_);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 128) != 0) {
    std::perror("proxy: listen");
    std::exit(1);
  }
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
}

void proxy::accept_one() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  ++accepted_;
  const int on = 1;
  ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int server = make_socket();
  const auto address = loopback(target_);
  if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    reset(client);
    ::close(server);
    return;
  }
  make_nonblocking(client);
  make_nonblocking(server);
  connections_.push_back({{client, server, &up_, message_finder{speaks_, true}},
                          {server, client, &down_, message_finder{speaks_, false}}});
}

void proxy::cut() {
  for (auto& each : connections_) {
    reset(each.up.from);
    reset(each.up.to);
  }
  connections_.clear();
  trap_.waits = nullptr;
}

void proxy::obey(const std::string& line) {
  std::istringstream words{line};
  std::string verb;
  std::string which;
  double amount = 0;
  words >> verb >> which >> amount;
  const bool is_up = which != "down";
  const bool is_down = which != "up";
  if (verb == "cut") cut();
  if (verb == "freeze" || verb == "thaw") {
    if (is_up) up_.is_frozen = verb == "freeze";
    if (is_down) down_.is_frozen = verb == "freeze";
  }
  if (verb == "slow") {
    if (is_up) up_ = {up_.is_frozen, amount, 0};
    if (is_down) down_ = {down_.is_frozen, amount, 0};
  }
  if (verb == "refuse" && listener_ >= 0) {
    ::close(listener_);
    listener_ = -1;
  }
  if (verb == "accept" && listener_ < 0) listen();
  if (verb == "target") target_ = static_cast<std::uint16_t>(std::atoi(which.c_str()));
  if (verb == "kill") {
    std::string order;
    long later = 0;
    trap_ = {.at = weir::test_proxy::kind_of(which), .further = static_cast<int>(amount) - 1};
    words >> order >> trap_.process >> later;
    trap_.is_before = order == "before";
    trap_.later = std::chrono::milliseconds{later};
  }
  if (verb == "refuse-produce") {
    refusals_ = {.left = static_cast<int>(amount), .code = static_cast<std::int16_t>(std::atoi(which.c_str()))};
    words >> refusals_.further >> refusals_.topic >> refusals_.text;
  }
  if (verb == "corrupt") {
    corruptions_ = static_cast<int>(amount);
    corrupts_up_ = which == "up";
  }
  std::printf("%zu %lu %lu %d %d\n", connections_.size(), accepted_, kills_, refusals_.left, corruptions_);
  std::fflush(stdout);
}

void proxy::read_some(connection& in, half& way) {
  std::array<char, block> bytes;
  const auto size = ::read(way.from, bytes.data(), bytes.size());
  if (size > 0) way.finder.feed({bytes.data(), static_cast<std::size_t>(size)});
  if (size == 0) way.has_ended = true;
  if (size < 0 && errno != EAGAIN && errno != EINTR) in.is_broken = true;
  take_messages(in, way);
}

void proxy::take_messages(connection& in, half& way) {
  std::string message;
  kind is = kind::other;
  while (way.finder.next(message, is)) {
    if (way.is_dropped) continue;
    if (is == kind::request) {
      if (refuse(in, message)) continue;
      in.down.finder.expect_report(message_finder::correlation(message, true));
    }
    forward(way, message, is);
  }
}

/// What is held are whole messages, so the answer stands between two of the broker's.
bool proxy::refuse(connection& in, const std::string& message) {
  if (refusals_.left == 0 || message.find(refusals_.text) == std::string::npos) return false;
  const auto answer = weir::test_proxy::refusal_of(message, refusals_.code, refusals_.topic);
  if (answer.empty()) return false;
  if (refusals_.further > 0) {
    --refusals_.further;
    return false;
  }
  --refusals_.left;
  in.down.held += answer;
  return true;
}

void proxy::forward(half& way, const std::string& message, kind is) {
  const auto start = way.held.size();
  way.held += message;
  corrupt(way, is);
  if (is != trap_.at || is == kind::other || trap_.waits != nullptr || trap_.due || trap_.further-- > 0) return;
  trap_.waits = &way;
  way.may_send = trap_.is_before ? start : way.held.size();
}

/// The last byte of a Produce is a record's, which a checksum covers; without messages it is any byte.
void proxy::corrupt(half& way, kind is) {
  if (corruptions_ == 0 || corrupts_up_ != (way.by == &up_)) return;
  if (speaks_ != protocol::none && is != kind::request) return;
  --corruptions_;
  way.held.back() = static_cast<char>(~static_cast<unsigned char>(way.held.back()));
}

/// The process dies when all that it was to see is out, and the time for it to act on that is over.
void proxy::spring() {
  if (trap_.waits != nullptr && trap_.waits->may_send == 0U && !trap_.due)
    trap_.due = steady::now() + trap_.later;
  if (!trap_.due || steady::now() < *trap_.due) return;
  ::kill(trap_.process, SIGKILL);
  ++kills_;
  if (trap_.waits != nullptr) {
    trap_.waits->held.clear();
    trap_.waits->may_send.reset();
    trap_.waits->is_dropped = true;
  }
  trap_ = {};
}

int proxy::patience() const {
  if (trap_.due) return 1;
  return is_slow() ? slow_tick_ms : -1;
}

void proxy::write_some(connection& in, half& way) {
  auto size = way.held.size();
  if (way.may_send) size = std::min(size, *way.may_send);
  if (way.by->bytes_per_second > 0) size = std::min(size, static_cast<std::size_t>(way.by->allowance));
  if (size > 0) {
    const auto written = ::send(way.to, way.held.data(), size, MSG_NOSIGNAL);
    if (written > 0) {
      way.held.erase(0, static_cast<std::size_t>(written));
      way.by->allowance -= static_cast<double>(written);
      if (way.may_send) *way.may_send -= static_cast<std::size_t>(written);
    }
    if (written < 0 && errno != EAGAIN && errno != EINTR) in.is_broken = true;
  }
}

void proxy::refill(rule& way, double seconds) const {
  way.allowance =
      std::min(way.allowance + seconds * way.bytes_per_second, std::max(1.0, way.bytes_per_second / 10));
}

bool proxy::turn() {
  const auto now = steady::now();
  const auto passed = std::chrono::duration<double>(now - last_).count();
  last_ = now;
  refill(up_, passed);
  refill(down_, passed);

  std::vector<pollfd> watched{{STDIN_FILENO, POLLIN, 0}, {listener_, POLLIN, 0}};
  for (auto& each : connections_) {
    for (const auto* way : {&each.up, &each.down}) {
      const bool reads = !way->by->is_frozen && !way->has_ended && way->held.size() < block;
      const bool may_send = way->by->bytes_per_second <= 0 || way->by->allowance >= 1;
      const bool is_trapped = way->may_send == 0U;
      const bool writes = !way->by->is_frozen && !way->held.empty() && may_send && !is_trapped;
      watched.push_back({reads ? way->from : -1, POLLIN, 0});
      watched.push_back({writes ? way->to : -1, POLLOUT, 0});
    }
  }
  if (::poll(watched.data(), watched.size(), patience()) < 0) return errno == EINTR;

  std::size_t at = 2;
  for (auto& each : connections_) {
    for (auto* way : {&each.up, &each.down}) {
      if (watched[at].revents != 0) read_some(each, *way);
      if (watched[at].revents != 0 || watched[at + 1].revents != 0) write_some(each, *way);
      at += 2;
      if (way->has_ended && way->held.empty() && !way->has_told && !way->by->is_frozen) {
        ::shutdown(way->to, SHUT_WR);
        way->has_told = true;
      }
    }
  }
  connections_.remove_if([this](connection& each) {
    const bool is_over = each.up.has_told && each.down.has_told;
    if (!is_over && !each.is_broken) return false;
    // Whoever was to die at a message of this connection still does.
    if (trap_.waits == &each.up || trap_.waits == &each.down) {
      if (!trap_.due) trap_.due = steady::now();
      trap_.waits = nullptr;
    }
    for (const int fd : {each.up.from, each.up.to}) each.is_broken ? reset(fd) : static_cast<void>(::close(fd));
    return true;
  });

  spring();
  if (watched[1].revents != 0) accept_one();
  if (watched[0].revents != 0) {
    std::array<char, 512> bytes;
    const auto size = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (size <= 0) return false;
    input_.append(bytes.data(), static_cast<std::size_t>(size));
    for (auto end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
      obey(input_.substr(0, end));
      input_.erase(0, end + 1);
    }
  }
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fputs("usage: test_proxy TARGET_PORT none|postgres|kafka\n", stderr);
    return 2;
  }
  const std::string speaks = arguments[2];
  proxy subject{static_cast<std::uint16_t>(std::atoi(arguments[1])), speaks == "postgres" ? protocol::postgres
                                                                     : speaks == "kafka"  ? protocol::kafka
                                                                                          : protocol::none};
  std::printf("%d\n", subject.port());
  std::fflush(stdout);
  while (subject.turn()) {
  }
  return 0;
}
