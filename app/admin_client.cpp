#include "admin_client.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace weir::app {

namespace asio = boost::asio;
namespace http = boost::beast::http;

async::awaitable<admin_answer> ask_admin(async::executor on, const config::settings& with, bool is_order,
                                         std::string target) {
  const auto host = with.http.host == "0.0.0.0" || with.http.host == "localhost" ? std::string{"127.0.0.1"}
                    : with.http.host == "::"                                     ? std::string{"::1"}
                                                                                 : with.http.host;
  const asio::ip::tcp::endpoint where{asio::ip::make_address(host), with.http.port};
  boost::beast::tcp_stream stream{on};
  co_await stream.async_connect(where, asio::use_awaitable);
  http::request<http::empty_body> request{is_order ? http::verb::post : http::verb::get, target, 11};
  request.set(http::field::host, host);
  request.set(http::field::connection, "close");
  if (with.http_token.is_set()) request.set(http::field::authorization, "Bearer " + with.http_token.read());
  co_await http::async_write(stream, request, asio::use_awaitable);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> response;
  co_await http::async_read(stream, buffer, response, asio::use_awaitable);
  co_return admin_answer{response.result_int(), response.body()};
}

}  // namespace weir::app
