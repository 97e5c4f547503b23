#include <admin/connection.hpp>

#include <async/deadline.hpp>
#include <base/log.hpp>

#include <fmt/chrono.h>

#include <array>
#include <ctime>
#include <exception>

#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/system/system_error.hpp>

namespace weir::admin {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using response = http::response<http::string_body>;

async::awaitable<std::size_t> receive(asio::ip::tcp::socket& from, asio::mutable_buffer into) {
  return from.async_read_some(into, asio::use_awaitable);
}

async::awaitable<std::size_t> send(asio::ip::tcp::socket* to, response* what, bool with_body) {
  http::response_serializer<http::string_body> bytes{*what};
  if (with_body) co_return co_await http::async_write(*to, bytes, asio::use_awaitable);
  co_return co_await http::async_write_header(*to, bytes, asio::use_awaitable);
}

response make_response(reply what, unsigned version, bool stays) {
  response made{what.status, version};
  made.set(http::field::server, "weir");
  made.set(http::field::date, fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::time(nullptr))));
  made.set(http::field::content_type, what.content_type);
  made.set(http::field::cache_control, "no-store");
  made.set("X-Content-Type-Options", "nosniff");
  if (!what.allow.empty()) made.set(http::field::allow, what.allow);
  if (what.asks_for_token) made.set(http::field::www_authenticate, R"(Bearer realm="weir")");
  made.keep_alive(stays);
  made.body() = std::move(what.body);
  made.prepare_payload();
  return made;
}

}  // namespace

connection::connection(asio::ip::tcp::socket socket, const router& by, limits within, counted count)
    : socket_(std::move(socket)),
      router_(by),
      limits_(within),
      count_(std::move(count)),
      reader_(within.header_limit) {}

async::awaitable<> connection::serve(async::self me) {
  while (co_await read_request(me)) {
    const auto asked = reader_.current();
    const bool stays = reader_.keeps_alive() && !limits_.is_for_probes_only && !is_stopping_;
    const bool with_body = asked.how != request::method::head;
    if (!co_await write(me, answer(asked), with_body, stays)) co_return;
    if (!stays) {
      co_await linger(me);
      co_return;
    }
    reader_.next();
  }
}

void connection::stop_reading() noexcept {
  is_stopping_ = true;
  boost::system::error_code gone;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_receive, gone);
}

void connection::drop() noexcept {
  boost::system::error_code gone;
  socket_.close(gone);
}

reply connection::answer(const request& asked) const {
  if (limits_.is_for_probes_only && !router::is_probe(asked.target)) {
    return plain(http::status::service_unavailable, "too many connections; only the probes answer now");
  }
  try {
    return router_.answer(asked, steady_clock::now());
  } catch (const std::exception& error) {
    log::error("the page {} failed: {}", asked.target, error.what());
    return plain(http::status::internal_server_error, "this page failed; the log says why");
  }
}

/// True when a whole request is there; else the client went away, or was refused.
async::awaitable<bool> connection::read_request(async::self me) {
  if (!reader_.has_begun()) {
    const auto first = co_await receive_some(me, "a request", steady_clock::now() + limits_.idle_timeout);
    if (first != received::some) co_return false;
  }
  is_silent_ = false;
  // One deadline for the whole header: a client that sends a byte now and then gains nothing.
  const auto until = steady_clock::now() + limits_.request_timeout;
  while (true) {
    switch (reader_.advance()) {
      case request_reader::progress::complete:
        co_return true;
      case request_reader::progress::refused:
        co_await refuse(me, reader_.refusal());
        co_return false;
      case request_reader::progress::needs_more:
        break;
    }
    switch (co_await receive_some(me, "the rest of a request", until)) {
      case received::some:
        break;
      case received::ended:
        co_return false;
      case received::late:
        co_await refuse(me, plain(http::status::request_timeout, "the request took too long"));
        co_return false;
    }
  }
}

async::awaitable<connection::received> connection::receive_some(async::self me, const char* what,
                                                                steady_time until) {
  try {
    auto bytes = async::with_deadline(receive(socket_, reader_.room()), until, what);
    reader_.filled(co_await me.wait(what, async::idle, std::move(bytes)));
    co_return received::some;
  } catch (const async::deadline_exceeded&) {
    co_return received::late;
  } catch (const boost::system::system_error&) {
    // The client closed, broke off or was dropped, or this task is told to end: the same end for all.
    co_return received::ended;
  }
}

async::awaitable<bool> connection::write(async::self me, reply what, bool with_body, bool stays) {
  count_(what.status);
  auto made = make_response(std::move(what), reader_.version(), stays);
  try {
    const auto until = steady_clock::now() + limits_.request_timeout;
    auto bytes = async::with_deadline(send(&socket_, &made, with_body), until, "a reply");
    co_await me.wait("the client to take its reply", limits_.request_timeout, std::move(bytes));
    co_return true;
  } catch (const async::deadline_exceeded&) {
    co_return false;
  } catch (const boost::system::system_error&) {
    co_return false;
  }
}

async::awaitable<> connection::refuse(async::self me, reply why) {
  if (co_await write(me, std::move(why), true, false)) co_await linger(me);
}

/// Reads on after the last reply until the client closes: closing over unread bytes would send a reset, which
/// takes the reply away from the client (RFC 9112, 9.6).
async::awaitable<> connection::linger(async::self me) {
  boost::system::error_code gone;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, gone);
  const auto until = steady_clock::now() + limits_.request_timeout;
  std::array<char, 1024> ignored{};
  try {
    while (!is_stopping_) {
      auto bytes =
          async::with_deadline(receive(socket_, asio::buffer(ignored)), until, "the end of a connection");
      (void)co_await me.wait("the client to close", limits_.request_timeout, std::move(bytes));
    }
  } catch (const async::deadline_exceeded&) {
    co_return;
  } catch (const boost::system::system_error&) {
    co_return;
  }
}

}  // namespace weir::admin
