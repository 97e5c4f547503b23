#include <admin/connection.hpp>
#include <admin/router.hpp>
#include <admin/server.hpp>

#include <async/deadline.hpp>
#include <async/task_scope.hpp>
#include <base/failure.hpp>
#include <base/log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <list>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace weir::admin {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Beyond `options::connections`, for probes. When they are taken too, the longest silent one makes room: a
/// probe sends its request at once.
constexpr std::size_t reserved_connections = 64;

/// While no descriptor is to be had, accepting again at once would only burn the processor.
constexpr auto rest_after_failed_accept = std::chrono::milliseconds{100};

using accepted = std::tuple<boost::system::error_code, tcp::socket>;

async::awaitable<accepted> accept(tcp::acceptor& from) {
  return from.async_accept(asio::as_tuple(asio::use_awaitable));
}

tcp::endpoint endpoint_of(const options& how) {
  const std::string host = how.host == "localhost" ? "127.0.0.1" : how.host;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) return {address, how.port};
  throw failure{
      verdict::permanent, "http_bind",
      fmt::format("cannot listen on {}: it is no IP address; set WEIR_HTTP to address:port", how.host)};
}

tcp::acceptor listen(const async::executor& on, const options& how) {
  try {
    return tcp::acceptor{on, endpoint_of(how), /*reuse_addr=*/true};
  } catch (const boost::system::system_error& error) {
    throw failure{verdict::permanent, "http_bind",
                  fmt::format("cannot listen on {} port {}: {}; set WEIR_HTTP to a free address and port",
                              how.host, how.port, error.code().message())};
  }
}

}  // namespace

struct server::state {
  state(const async::executor& on, async::task_registry& all_tasks, metrics::registry& all_figures,
        options with, pages shown)
      : how(std::move(with)),
        what(std::move(shown)),
        tasks(all_tasks),
        figures(all_figures),
        acceptor(listen(on, how)),
        pages_by(tasks, figures, what, how.token, acceptor.local_endpoint().address().is_loopback(),
                 how.overdue),
        scope(on, tasks),
        copied(figures.before_render([this] { copy_figures(); })) {}

  void copy_figures() {
    figures.gauge(metrics::metric::http_connections).set(static_cast<double>(open.size()));
    std::vector<std::pair<metrics::label_values, double>> counts;
    for (const auto& group : tasks.grouped())
      counts.push_back({{group.name}, static_cast<double>(group.count)});
    figures.replace(metrics::metric::tasks, counts);
  }

  void count(boost::beast::http::status status) {
    figures.counter(metrics::metric::http_requests_total, {std::to_string(static_cast<unsigned>(status))})
        .add();
  }

  void admit(tcp::socket socket);
  void make_room_for_probe();
  static async::awaitable<> serve(state* in, std::shared_ptr<connection> client, async::self me);

  options how;
  pages what;
  async::task_registry& tasks;
  metrics::registry& figures;
  tcp::acceptor acceptor;
  router pages_by;
  std::list<std::shared_ptr<connection>> open;  ///< in the order of their coming
  async::task_scope scope;
  metrics::registry::registration copied;
};

void server::state::admit(tcp::socket socket) {
  const bool is_full = open.size() >= how.connections;
  if (open.size() >= how.connections + reserved_connections) make_room_for_probe();
  const auto idle = is_full ? how.request_timeout : how.idle_timeout;
  auto client = std::make_shared<connection>(
      std::move(socket), pages_by, connection::limits{how.header_limit, idle, how.request_timeout, is_full},
      [this](auto status) { count(status); });
  open.push_back(client);
  scope.spawn("http connection", [this, client](async::self me) { return serve(this, client, me); });
}

void server::state::make_room_for_probe() {
  const auto beyond = [](const auto& each) { return each->is_for_probes_only(); };
  const auto silent = [&](const auto& each) { return beyond(each) && each->is_silent(); };
  auto victim = std::find_if(open.begin(), open.end(), silent);
  if (victim == open.end()) victim = std::find_if(open.begin(), open.end(), beyond);
  if (victim == open.end()) victim = open.begin();
  (*victim)->drop();
  open.erase(victim);
}

async::awaitable<> server::state::serve(state* in, std::shared_ptr<connection> client, async::self me) {
  // A failure here would cancel the scope, and with it every other connection.
  try {
    co_await client->serve(me);
  } catch (const boost::system::system_error& end) {
    log::debug("a connection to the admin endpoint is told to end: {}", end.what());
  } catch (const std::exception& error) {
    log::error("a connection to the admin endpoint failed: {}", error.what());
  }
  client->drop();
  std::erase(in->open, client);
}

server::server(async::executor on, async::task_registry& tasks, metrics::registry& figures, options how,
               pages what)
    : state_(std::make_unique<state>(on, tasks, figures, std::move(how), std::move(what))) {}

server::~server() = default;

std::uint16_t server::port() const { return state_->acceptor.local_endpoint().port(); }

async::awaitable<> server::run(async::self me) {
  bool is_refused = false;
  while ((co_await asio::this_coro::cancellation_state).cancelled() == asio::cancellation_type::none) {
    auto [error, socket] = co_await me.wait("a connection", async::idle, accept(state_->acceptor));
    if (error == asio::error::operation_aborted) continue;
    if (!error) {
      is_refused = false;
      state_->admit(std::move(socket));
      continue;
    }
    if (!std::exchange(is_refused, true)) log::warn("the admin endpoint cannot accept: {}", error.message());
    asio::steady_timer rest{state_->acceptor.get_executor(), rest_after_failed_accept};
    (void)co_await rest.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_await asio::this_coro::reset_cancellation_state();
  boost::system::error_code closed;
  state_->acceptor.close(closed);
  for (const auto& client : state_->open) client->stop_reading();
  // Whoever is not done in time is cancelled by the deadline, which ends its waits at once.
  const auto until = steady_clock::now() + state_->how.farewell;
  co_await me.wait("connections to end", state_->how.farewell,
                   async::with_deadline(state_->scope.join(state_->how.farewell), until,
                                        "connections of the admin endpoint"));
}

}  // namespace weir::admin
