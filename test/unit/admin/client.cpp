#include "client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace weir::admin::test {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

std::size_t number(std::string_view digits) {
  std::size_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

}  // namespace

std::string response::field(std::string_view name) const {
  const auto at = head.find(fmt::format("\r\n{}: ", name));
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

async::awaitable<> client::connect() {
  const tcp::endpoint there{asio::ip::make_address("127.0.0.1"), port_};
  co_await socket_.async_connect(there, asio::use_awaitable);
}

async::awaitable<bool> client::send(std::string text) {
  const auto [error, size] =
      co_await asio::async_write(socket_, asio::buffer(text), asio::as_tuple(asio::use_awaitable));
  co_return !error;
}

async::awaitable<response> client::receive(bool has_body) {
  std::array<char, 4096> part{};
  response got;
  while (true) {
    const auto end = left_.find("\r\n\r\n");
    if (end != std::string::npos) {
      got.head = left_.substr(0, end + 2);
      got.status = static_cast<unsigned>(number(std::string_view{got.head}.substr(9, 3)));
      const auto length = has_body ? number(got.field("Content-Length")) : 0;
      if (left_.size() >= end + 4 + length) {
        got.body = left_.substr(end + 4, length);
        left_.erase(0, end + 4 + length);
        co_return got;
      }
    }
    const auto [error, size] =
        co_await socket_.async_read_some(asio::buffer(part), asio::as_tuple(asio::use_awaitable));
    if (error) co_return response{};
    left_.append(part.data(), size);
  }
}

async::awaitable<bool> client::is_closed() {
  std::array<char, 1> part{};
  if (!left_.empty()) co_return false;
  const auto [error, size] =
      co_await socket_.async_read_some(asio::buffer(part), asio::as_tuple(asio::use_awaitable));
  co_return static_cast<bool>(error);
}

void client::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

async::awaitable<response> client::get(std::string target, std::string more_fields) {
  co_await connect();
  co_await send(fmt::format("GET {} HTTP/1.1\r\nHost: weir\r\n{}\r\n", target, more_fields));
  auto got = co_await receive();
  co_return got;
}

}  // namespace weir::admin::test
