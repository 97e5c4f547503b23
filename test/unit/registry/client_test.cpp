#include <registry/client.hpp>

#include <async/task_scope.hpp>
#include <base/failure.hpp>
#include <support/run_loop.hpp>

#include <fmt/format.h>

#include <deque>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/system/system_error.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace weir;
using namespace weir::registry;
namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

struct step {
  unsigned status = 200;
  std::string body = {};
  bool closes = false;  ///< after the answer, without saying so before
  bool is_silent = false;
};

/// Answers what the test says, one request after the other.
class scripted_server {
 public:
  scripted_server(const async::executor& on, std::deque<step> steps)
      : acceptor_(on, tcp::endpoint{asio::ip::address_v4::loopback(), 0}), steps_(std::move(steps)) {}

  [[nodiscard]] base_url url() const {
    return base_url::parse(fmt::format("http://127.0.0.1:{}/base", acceptor_.local_endpoint().port())).value();
  }

  async::awaitable<> serve() {
    while (!steps_.empty()) {
      auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
      ++connections;
      try {
        while (co_await answer(socket)) {
        }
      } catch (const boost::system::system_error&) {
        // The client hung up.
      }
    }
  }

  int connections = 0;
  std::vector<http::request<http::string_body>> asked;

 private:
  async::awaitable<bool> answer(tcp::socket& over) {
    http::request<http::string_body> request;
    co_await http::async_read(over, buffer_, request, asio::use_awaitable);
    asked.push_back(request);
    const auto now = steps_.front();
    steps_.pop_front();
    if (now.is_silent) {
      char byte = 0;
      co_await over.async_read_some(asio::buffer(&byte, 1), asio::use_awaitable);
    }
    http::response<http::string_body> response{http::int_to_status(now.status), 11};
    response.keep_alive(true);
    response.body() = now.body;
    response.prepare_payload();
    co_await http::async_write(over, response, asio::use_awaitable);
    co_return !now.closes && !steps_.empty();
  }

  tcp::acceptor acceptor_;
  boost::beast::flat_buffer buffer_;
  std::deque<step> steps_;
};

const step id_3{200, R"({"id":3})"};
const step id_4{200, R"({"id":4})"};

/// Runs `ask` against servers that go by `scripts`.
template <class Ask>
void with_servers(support::run_loop& loop, std::vector<scripted_server*> servers, options with, Ask ask) {
  async::blocking_pool pool{loop.executor(), loop.registry()};
  for (const auto* each : servers) with.urls.push_back(each->url());
  loop.run([&](async::self me) -> async::awaitable<> {
    async::task_scope scope{loop.executor(), loop.registry()};
    for (auto* each : servers) scope.spawn("server", [each](async::self) { return each->serve(); });
    client subject{pool, with};
    co_await ask(me, subject);
    subject.hang_up();
    scope.cancel();
    co_await scope.join(std::chrono::seconds{5});
  });
}

}  // namespace

TEST_CASE("a schema is registered once, over a connection that is kept, with user and password") {
  support::run_loop loop;
  scripted_server server{loop.executor(), {id_3, id_4}};
  options with;
  with.who = [] { return credentials{"ann", "secret"}; };
  with_servers(loop, {&server}, with, [&](async::self me, client& subject) -> async::awaitable<> {
    CHECK(std::get<schema_id>(co_await subject.enrol(me, "t-value", R"("int")")) == 3);
    CHECK(std::get<schema_id>(co_await subject.enrol(me, "t-value", R"("int")")) == 3);
    CHECK(std::get<schema_id>(co_await subject.enrol(me, "t-key", R"("int")")) == 4);
  });
  REQUIRE(server.asked.size() == 2);
  CHECK(server.connections == 1);
  CHECK(server.asked[0].method() == http::verb::post);
  CHECK(server.asked[0].target() == "/base/subjects/t-value/versions");
  CHECK(server.asked[0].body() == R"({"schema":"\"int\""})");
  CHECK(server.asked[0][http::field::authorization] == "Basic YW5uOnNlY3JldA==");
}

TEST_CASE("what is refused is asked for again") {
  support::run_loop loop;
  scripted_server server{loop.executor(), {{409, R"({"message":"no"})"}, id_3}};
  with_servers(loop, {&server}, {}, [&](async::self me, client& subject) -> async::awaitable<> {
    CHECK(std::get<refusal>(co_await subject.enrol(me, "t-value", R"("int")")).sentence == "no");
    CHECK(std::get<schema_id>(co_await subject.enrol(me, "t-value", R"("int")")) == 3);
  });
}

TEST_CASE("a connection that was closed meanwhile is made again, unnoticed") {
  support::run_loop loop;
  scripted_server server{loop.executor(), {{200, R"({"id":3})", true}, id_4}};
  with_servers(loop, {&server}, {}, [&](async::self me, client& subject) -> async::awaitable<> {
    CHECK(std::get<schema_id>(co_await subject.enrol(me, "a", R"("int")")) == 3);
    CHECK(std::get<schema_id>(co_await subject.enrol(me, "b", R"("int")")) == 4);
  });
  CHECK(server.connections == 2);
}

TEST_CASE("an address that fails leaves the work to the next one, which is asked first from then on") {
  support::run_loop loop;
  scripted_server failing{loop.executor(), {{503, ""}}};
  scripted_server good{loop.executor(), {id_3, id_4}};
  with_servers(loop, {&failing, &good}, {}, [&](async::self me, client& subject) -> async::awaitable<> {
    CHECK(std::get<schema_id>(co_await subject.enrol(me, "a", R"("int")")) == 3);
    CHECK(std::get<schema_id>(co_await subject.enrol(me, "b", R"("int")")) == 4);
  });
  CHECK(failing.asked.size() == 1);
}

TEST_CASE("a registry that says nothing, and one whose answer is too long, are failures that pass") {
  support::run_loop loop;
  const auto reason_with = [&](step answer, options with) {
    scripted_server server{loop.executor(), {std::move(answer)}};
    std::string reason = "none";
    with_servers(loop, {&server}, std::move(with), [&](async::self me, client& subject) -> async::awaitable<> {
      try {
        (void)co_await subject.enrol(me, "a", R"("int")");
      } catch (const failure& why) {
        CHECK(why.decision() == verdict::retry);
        reason = why.reason();
      }
    });
    return reason;
  };
  options hasty;
  hasty.request_timeout = std::chrono::milliseconds{100};
  CHECK(reason_with({.is_silent = true}, hasty) == "registry_silent");
  options narrow;
  narrow.answer_limit = 100;
  CHECK(reason_with({200, std::string(1000, ' ') + R"({"id":3})"}, narrow) == "registry_unreachable");
}

TEST_CASE("a registry that nobody serves is unreachable") {
  support::run_loop loop;
  async::blocking_pool pool{loop.executor(), loop.registry()};
  options with;
  {
    scripted_server gone{loop.executor(), {}};
    with.urls.push_back(gone.url());
  }
  loop.run([&](async::self me) -> async::awaitable<> {
    client subject{pool, with};
    std::string reason;
    try {
      (void)co_await subject.probe(me);
    } catch (const failure& why) {
      reason = why.reason();
    }
    CHECK(reason == "registry_unreachable");
  });
}
