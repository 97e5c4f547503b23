#include "served.hpp"

#include <base/failure.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <list>
#include <string>

#include <sanitizer/allocator_interface.h>
#include <unistd.h>

using namespace std::chrono_literals;
using weir::admin::answer;
using weir::admin::test::client;
using weir::admin::test::served;
using weir::async::awaitable;

namespace {

#if defined(__SANITIZE_ADDRESS__)
#define WEIR_SANITIZED_MEMORY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WEIR_SANITIZED_MEMORY
#endif
#endif

/// What the process holds. A sanitizer keeps freed memory resident, to see who uses it, but knows exactly how
/// much is allocated.
std::size_t held_bytes() {
#ifdef WEIR_SANITIZED_MEMORY
  return __sanitizer_get_current_allocated_bytes();
#else
  std::ifstream file{"/proc/self/statm"};
  std::size_t whole = 0;
  std::size_t resident = 0;
  file >> whole >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
#endif
}

constexpr std::size_t flat = weir::mebibyte;
constexpr int many = 10'000;

}  // namespace

TEST_CASE("002-15 a header of 1 MiB is answered with 431 before it is read, in flat memory") {
  served fixture;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    const std::string request =
        "GET /ready HTTP/1.1\r\nHost: weir\r\nX: " + std::string(weir::mebibyte, 'x') + "\r\n\r\n";
    for (int n = 0; n < 3; ++n) {
      auto client = fixture.to(port);
      co_await client.connect();
      co_await client.send(request);
      CHECK((co_await client.receive()).status == 431);
    }
    const auto before = held_bytes();
    for (int n = 0; n < 20; ++n) {
      auto client = fixture.to(port);
      co_await client.connect();
      co_await client.send(request);
      CHECK((co_await client.receive()).status == 431);
    }
    CHECK(held_bytes() < before + flat);
  });
}

TEST_CASE("a header just below the limit passes, also behind another request") {
  served fixture;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    const std::string small = "GET /ready HTTP/1.1\r\nHost: weir\r\n\r\n";
    const std::string start = "GET /ready HTTP/1.1\r\nHost: weir\r\nX: ";
    const auto filler = fixture.how.header_limit - start.size() - 4;
    auto client = fixture.to(port);
    co_await client.connect();
    co_await client.send(small + start + std::string(filler - 1, 'x') + "\r\n\r\n" + small);
    for (int n = 0; n < 3; ++n) CHECK((co_await client.receive()).status == 200);
    co_await client.send(start + std::string(filler + 200, 'x') + "\r\n\r\n");
    CHECK((co_await client.receive()).status == 431);
  });
}

TEST_CASE("002-15 a slow loris is cut off after the request's time, however busy it looks") {
  served fixture;
  fixture.how.request_timeout = 1s;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    auto loris = fixture.to(port);
    co_await loris.connect();
    co_await loris.send("GET /ready HTTP/1.1\r\nHost: weir\r\n");
    const auto begun = weir::steady_clock::now();
    // A byte with every answer to somebody else: the deadline is the whole header's, not the byte's.
    while (weir::steady_clock::now() < begun + 200ms) {
      CHECK(co_await loris.send("X"));
      CHECK((co_await fixture.to(port).get("/ready")).status == 200);
    }
    const auto got = co_await loris.receive();
    CHECK(got.status == 408);
    CHECK(got.field("Connection") == "close");
    CHECK(weir::steady_clock::now() - begun < 30s);
  });
}

TEST_CASE("a connection without a request is closed after its idle time") {
  served fixture;
  fixture.how.idle_timeout = 20ms;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    auto client = fixture.to(port);
    co_await client.connect();
    CHECK(co_await client.is_closed());
  });
}

TEST_CASE("002-15 beyond the limit of connections probes are answered and the rest is told 503") {
  served fixture;
  fixture.how.connections = 8;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    std::list<client> held;
    for (int n = 0; n < 8; ++n) co_await held.emplace_back(fixture.loop.executor(), port).connect();
    for (int n = 0; n < 100; ++n) {
      const auto refused = co_await fixture.to(port).get("/metrics");
      CHECK(refused.status == 503);
      CHECK(refused.field("Connection") == "close");
      CHECK((co_await fixture.to(port).get("/ready")).status == 200);
    }
    // Those within the limit keep their right to every page.
    co_await held.front().send("GET /metrics HTTP/1.1\r\nHost: weir\r\n\r\n");
    CHECK((co_await held.front().receive()).status == 200);
  });
}

TEST_CASE("002-15 a crowd of silent connections neither shuts probes out nor grows without bound") {
  served fixture;
  fixture.how.connections = 16;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    std::list<client> crowd;
    for (int n = 0; n < 400; ++n) {
      co_await crowd.emplace_back(fixture.loop.executor(), port).connect();
      if (n % 40 == 39) CHECK((co_await fixture.to(port).get("/ready")).status == 200);
    }
    CHECK((co_await fixture.to(port).get("/health")).status == 200);
    CHECK(fixture.loop.registry().size() < 16 + 64 + 8);
  });
}

TEST_CASE("002-15 ten thousand connections one after another leave no task, descriptor or byte") {
  served fixture;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    for (int n = 0; n < 500; ++n) CHECK((co_await fixture.to(port).get("/ready")).status == 200);
    const auto memory = held_bytes();
    int good = 0;
    for (int n = 0; n < many; ++n) {
      auto each = fixture.to(port);
      if (n % 3 == 0) {
        co_await each.connect();
        ++good;
      } else if ((co_await each.get(n % 3 == 1 ? "/ready" : "/tasks")).status == 200) {
        ++good;
      }
      each.close();
    }
    CHECK(good == many);
    CHECK(held_bytes() < memory + flat);
    const auto last = co_await fixture.to(port).get("/metrics");
    CHECK(last.body.find("weir_http_connections ") != std::string::npos);
  });
  CHECK(fixture.loop.registry().size() == 0);
}

TEST_CASE("as many connections as are allowed are served at once") {
  served fixture;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    std::list<client> all;
    for (std::size_t n = 0; n < fixture.how.connections; ++n) {
      co_await all.emplace_back(fixture.loop.executor(), port).connect();
    }
    for (auto& each : all) co_await each.send("GET /tasks HTTP/1.1\r\nHost: weir\r\n\r\n");
    std::size_t good = 0;
    for (auto& each : all) {
      if ((co_await each.receive()).status == 200) ++good;
    }
    CHECK(good == fixture.how.connections);
  });
}

TEST_CASE("a stop closes idle connections at once") {
  served fixture;
  std::list<client> kept;
  const auto begun = weir::steady_clock::now();
  fixture.how.farewell = 10s;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    for (int n = 0; n < 10; ++n) {
      co_await kept.emplace_back(fixture.loop.executor(), port).connect();
      co_await kept.back().send("GET /ready HTTP/1.1\r\nHost: weir\r\n\r\n");
      CHECK((co_await kept.back().receive()).status == 200);
    }
  });
  CHECK(weir::steady_clock::now() - begun < 5s);
}

TEST_CASE("000-5 a stop does not wait for a client that never takes its reply") {
  served fixture;
  fixture.how.farewell = 50ms;
  fixture.what.status = [] { return std::string(64 * weir::mebibyte, 'x'); };
  std::list<client> deaf;
  const auto begun = weir::steady_clock::now();
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    co_await deaf.emplace_back(fixture.loop.executor(), port).connect();
    co_await deaf.back().send("GET /status HTTP/1.1\r\nHost: weir\r\n\r\n");
    CHECK((co_await fixture.to(port).get("/ready")).status == 200);
  });
  CHECK(weir::steady_clock::now() - begun < 5s);
}

TEST_CASE("an address that is taken, or is none, is told before anything starts") {
  served fixture;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    const auto refused = [&](const std::string& host, std::uint16_t number, const std::string& words) {
      weir::admin::options how{.host = host, .port = number};
      try {
        weir::admin::server second{fixture.loop.executor(), fixture.loop.registry(), fixture.figures, how, {}};
        FAIL("bound twice");
      } catch (const weir::failure& failure) {
        CHECK(failure.reason() == "http_bind");
        CHECK(std::string{failure.what()}.find(words) != std::string::npos);
      }
    };
    refused("127.0.0.1", port, "Address already in use; set WEIR_HTTP");
    refused("weir.example", 0, "weir.example: it is no IP address");
    refused("203.0.113.7", 0, "Cannot assign requested address");
    co_return;
  });
}
