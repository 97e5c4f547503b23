#pragma once

#include <admin/request_reader.hpp>
#include <admin/router.hpp>

#include <functional>

#include <boost/asio/ip/tcp.hpp>

namespace weir::admin {

/// One client: requests in, replies out, in order, each wait bounded.
class connection {
 public:
  struct limits {
    bytes header_limit;
    std::chrono::milliseconds idle_timeout;
    std::chrono::milliseconds request_timeout;
    bool is_for_probes_only;  ///< beyond the usual number: other pages get 503, and one request is all
  };
  /// Told of every reply.
  using counted = std::function<void(boost::beast::http::status)>;

  connection(boost::asio::ip::tcp::socket socket, const router& by, limits within, counted count);

  /// Ends when either side has had enough, or the task is cancelled. A page that throws is answered with 500.
  async::awaitable<> serve(async::self me);

  /// No further request is read; a reply that is being written still leaves.
  void stop_reading() noexcept;

  /// Lets go of the client at once.
  void drop() noexcept;

  /// Whether not one byte of a request came yet: the first to go when room is needed.
  [[nodiscard]] bool is_silent() const { return is_silent_; }
  [[nodiscard]] bool is_for_probes_only() const { return limits_.is_for_probes_only; }

 private:
  enum class received { some, ended, late };
  async::awaitable<received> receive_some(async::self me, const char* what, steady_time until);
  async::awaitable<bool> read_request(async::self me);
  async::awaitable<bool> write(async::self me, reply what, bool with_body, bool stays);
  async::awaitable<> refuse(async::self me, reply why);
  async::awaitable<> linger(async::self me);
  [[nodiscard]] reply answer(const request& asked) const;

  boost::asio::ip::tcp::socket socket_;
  const router& router_;
  limits limits_;
  counted count_;
  request_reader reader_;
  bool is_silent_ = true;
  bool is_stopping_ = false;
};

}  // namespace weir::admin
