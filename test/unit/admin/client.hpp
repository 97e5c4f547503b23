#pragma once

#include <async/async.hpp>

#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

namespace weir::admin::test {

/// One answer as the client saw it.
struct response {
  unsigned status = 0;  ///< 0: the connection ended before an answer
  std::string head;
  std::string body;
  [[nodiscard]] std::string field(std::string_view name) const;  ///< empty: none
};

/// A client that sends exactly the bytes it is told, and reads answers one by one.
class client {
 public:
  client(async::executor on, std::uint16_t port) : socket_(std::move(on)), port_(port) {}

  async::awaitable<> connect();
  /// False when the server has closed already.
  async::awaitable<bool> send(std::string text);
  /// The next answer; with `has_body` false (HEAD) nothing is read after its header.
  async::awaitable<response> receive(bool has_body = true);
  /// Whether the server closes without another byte.
  async::awaitable<bool> is_closed();
  void close();

  /// Connects, asks and reads one answer.
  async::awaitable<response> get(std::string target, std::string more_fields = {});

 private:
  boost::asio::ip::tcp::socket socket_;
  std::uint16_t port_;
  std::string left_;  ///< received, not yet read
};

}  // namespace weir::admin::test
