#include "probe_command.hpp"

#include "one_task.hpp"

#include <async/deadline.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <cstdio>

namespace weir::app {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using namespace std::chrono_literals;

constexpr auto bound = 3s;

async::awaitable<> ask(async::executor on, const config::settings* with, std::string path, unsigned* status) {
  const auto host = with->http.host == "0.0.0.0" ? std::string{"127.0.0.1"}
                    : with->http.host == "::"    ? "::1"
                                                 : with->http.host;
  const asio::ip::tcp::endpoint where{asio::ip::make_address(host), with->http.port};
  boost::beast::tcp_stream stream{on};
  co_await stream.async_connect(where, asio::use_awaitable);
  http::request<http::empty_body> request{http::verb::get, path, 11};
  request.set(http::field::host, host);
  request.set(http::field::connection, "close");
  if (with->http_token.is_set()) request.set(http::field::authorization, "Bearer " + with->http_token.read());
  co_await http::async_write(stream, request, asio::use_awaitable);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> response;
  co_await http::async_read(stream, buffer, response, asio::use_awaitable);
  *status = response.result_int();
  fmt::print("{}\n", response.body());
}

}  // namespace

exit_code probe_command(const config::settings& with, const std::string& path) {
  unsigned status = 0;
  try {
    run_one_task("probe", [&](async::self me, async::executor on, async::blocking_pool&) {
      return me.wait(
          "the answer", bound,
          async::with_deadline(ask(on, &with, path, &status), steady_clock::now() + bound, "the answer"));
    });
  } catch (const std::exception& why) {
    fmt::print(stderr, "weir probe {}: {}:{} does not answer: {}\n", path, with.http.host, with.http.port,
               why.what());
  }
  return status == 200 ? exit_code::clean : exit_code::failed;
}

}  // namespace weir::app
