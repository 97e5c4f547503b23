#include <registry/http_connection.hpp>

#include <async/deadline.hpp>
#include <base/failure.hpp>

#include <fmt/format.h>

#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/system/system_error.hpp>

namespace weir::registry {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr std::uint32_t header_limit = 32 * 1024;
constexpr unsigned version_1_1 = 11;

double seconds(std::chrono::milliseconds of) { return std::chrono::duration<double>(of).count(); }

failure unreachable(const base_url& to, const std::string& why) {
  return {verdict::retry, "registry_unreachable",
          fmt::format("the schema registry at {} cannot be reached: {}", to.text(), why)};
}

/// Runs on the pool: name servers are asked by calls that block.
std::vector<tcp::endpoint> resolve(const std::string& host, const std::string& port) {
  asio::io_context own;
  std::vector<tcp::endpoint> all;
  for (const auto& each : tcp::resolver{own}.resolve(host, port)) all.push_back(each.endpoint());
  return all;
}

async::awaitable<std::vector<tcp::endpoint>> addresses_of(async::self me, async::blocking_pool& pool,
                                                          base_url of, std::chrono::milliseconds bound) {
  auto lookup =
      pool.run(me, "resolve " + of.host, [host = of.host, port = of.port] { return resolve(host, port); });
  try {
    co_return co_await async::with_deadline(std::move(lookup), steady_clock::now() + bound, of.host);
  } catch (const async::deadline_exceeded&) {
    throw unreachable(of, fmt::format("no name server answered within {} s", seconds(bound)));
  } catch (const boost::system::system_error& error) {
    throw unreachable(of, "its host has no address: " + error.code().message());
  }
}

template <class Stream>
async::awaitable<http_response> exchange_over(Stream& over, const http::request<http::string_body>& what,
                                              std::size_t answer_limit, bool& stays) {
  co_await http::async_write(over, what, asio::use_awaitable);
  boost::beast::flat_buffer received;
  http::response_parser<http::string_body> parser;
  parser.header_limit(header_limit);
  parser.body_limit(answer_limit);
  co_await http::async_read(over, received, parser, asio::use_awaitable);
  stays = parser.get().keep_alive();
  co_return http_response{parser.get().result_int(), std::move(parser.get().body())};
}

}  // namespace

struct http_connection::parts {
  parts(async::executor on, base_url url)
      : to(std::move(url)), plain(on), context(asio::ssl::context::tls_client) {
    if (!to.is_encrypted) return;
    context.set_default_verify_paths();
    context.set_verify_mode(asio::ssl::verify_peer);
  }

  async::awaitable<> connect(tcp::endpoint at) {
    co_await plain.async_connect(at, asio::use_awaitable);
    plain.set_option(tcp::no_delay{true});
    if (!to.is_encrypted) co_return;
    encrypted.emplace(std::move(plain), context);
    encrypted->set_verify_callback(asio::ssl::host_name_verification{to.host});
    // Servers with several names choose their certificate by this one; an address is no name.
    boost::system::error_code no_address;
    asio::ip::make_address(to.host, no_address);
    if (no_address) SSL_set_tlsext_host_name(encrypted->native_handle(), to.host.c_str());
    co_await encrypted->async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
  }

  /// Why the server is not trusted, in OpenSSL's words; empty: it is.
  [[nodiscard]] std::string distrust() {
    if (!encrypted) return {};
    const auto result = SSL_get_verify_result(encrypted->native_handle());
    return result == X509_V_OK ? std::string{} : X509_verify_cert_error_string(result);
  }

  base_url to;
  tcp::socket plain;
  asio::ssl::context context;
  std::optional<asio::ssl::stream<tcp::socket>> encrypted;
};

http_connection::http_connection(std::unique_ptr<parts> of) : parts_(std::move(of)) {}
http_connection::~http_connection() = default;

async::awaitable<std::unique_ptr<http_connection>> http_connection::open(async::self me,
                                                                         async::blocking_pool& pool,
                                                                         base_url to,
                                                                         std::chrono::milliseconds bound) {
  const auto on = co_await asio::this_coro::executor;
  std::string last = "its host has no address";
  for (const auto& each : co_await addresses_of(me, pool, to, bound)) {
    auto made = std::make_unique<parts>(on, to);
    try {
      co_await async::with_deadline(made->connect(each), steady_clock::now() + bound, "connect");
      co_return std::unique_ptr<http_connection>{new http_connection{std::move(made)}};
    } catch (const async::deadline_exceeded&) {
      last = fmt::format("{} did not answer within {} s", each.address().to_string(), seconds(bound));
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted) throw;
      if (const auto why = made->distrust(); !why.empty()) {
        throw failure{verdict::permanent, "registry_certificate",
                      fmt::format("the schema registry at {} is not trusted: {}; its authority belongs to the "
                                  "system's certificates, or into SSL_CERT_FILE",
                                  to.text(), why)};
      }
      last = fmt::format("{}: {}", each.address().to_string(), error.code().message());
    }
  }
  throw unreachable(to, last);
}

async::awaitable<http_response> http_connection::exchange(http_request what, std::size_t answer_limit) {
  http::request<http::string_body> request{what.is_post ? http::verb::post : http::verb::get, what.target,
                                           version_1_1};
  request.set(http::field::host, parts_->to.authority());
  request.set(http::field::user_agent, "weir/" WEIR_VERSION);
  request.set(http::field::accept, "application/vnd.schemaregistry.v1+json, application/json");
  if (!what.authorization.empty()) request.set(http::field::authorization, what.authorization);
  if (what.is_post) {
    request.set(http::field::content_type, "application/vnd.schemaregistry.v1+json");
    request.body() = std::move(what.body);
  }
  request.prepare_payload();
  stays_ = false;  // unless the whole answer comes and says so
  bool stays = false;
  auto answer = parts_->encrypted ? exchange_over(*parts_->encrypted, request, answer_limit, stays)
                                  : exchange_over(parts_->plain, request, answer_limit, stays);
  auto received = co_await std::move(answer);
  stays_ = stays;
  co_return received;
}

}  // namespace weir::registry
