#include "served.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace std::chrono_literals;
using weir::admin::answer;
using weir::admin::test::served;
using weir::async::awaitable;

TEST_CASE("HEAD has the header of GET and no body, and the connection goes on") {
  served fixture;
  fixture.what.status = [] { return std::string{"{\"lag\":7}"}; };
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    auto client = fixture.to(port);
    co_await client.connect();
    co_await client.send("HEAD /status HTTP/1.1\r\nHost: weir\r\n\r\n");
    const auto head = co_await client.receive(false);
    CHECK(head.status == 200);
    CHECK(head.field("Content-Length") == "9");
    CHECK(head.field("Date").size() == std::string{"Sun, 06 Nov 1994 08:49:37 GMT"}.size());
    CHECK(head.field("Date").ends_with(" GMT"));
    co_await client.send("GET /status HTTP/1.1\r\nHost: weir\r\n\r\n");
    const auto whole = co_await client.receive();
    CHECK(whole.status == 200);
    CHECK(whole.body == "{\"lag\":7}");
  });
}

TEST_CASE("other methods are told what is allowed; unknown pages are not found") {
  served fixture;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    auto client = fixture.to(port);
    co_await client.connect();
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "BREW"}) {
      co_await client.send(std::string{method} + " /ready HTTP/1.1\r\nHost: weir\r\n\r\n");
      const auto got = co_await client.receive();
      CHECK(got.status == 405);
      CHECK(got.field("Allow") == "GET, HEAD");
    }
    co_await client.send("POST /nothing HTTP/1.1\r\nHost: weir\r\n\r\n");
    CHECK((co_await client.receive()).status == 404);
  });
}

TEST_CASE("002-15 no path leads out of the list of pages") {
  served fixture;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    for (const char* path :
         {"/../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/ready/../../etc/passwd", "/metrics/", "//ready",
          "/READY", "/ready%00", "/%72eady", "/.", "/ready;x", "*", "/ready\\..\\"}) {
      INFO(path);
      CHECK((co_await fixture.to(port).get(path)).status == 404);
    }
  });
}

TEST_CASE("002-15 pipelined requests are answered in their order") {
  served fixture;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    auto client = fixture.to(port);
    co_await client.connect();
    std::string all;
    constexpr int count = 300;
    for (int n = 0; n < count; ++n) {
      all += n % 2 == 0 ? "GET /ready HTTP/1.1\r\nHost: weir\r\n\r\n"
                        : "GET /nothing HTTP/1.1\r\nHost: weir\r\n\r\n";
    }
    co_await client.send(all);
    int in_order = 0;
    for (int n = 0; n < count; ++n) {
      if ((co_await client.receive()).status == (n % 2 == 0 ? 200U : 404U)) ++in_order;
    }
    CHECK(in_order == count);
  });
}

TEST_CASE("a connection stays for HTTP/1.1 and closes when the client says so or speaks HTTP/1.0") {
  served fixture;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    auto client = fixture.to(port);
    co_await client.connect();
    for (int n = 0; n < 3; ++n) {
      co_await client.send("GET /ready HTTP/1.1\r\nHost: weir\r\n\r\n");
      CHECK((co_await client.receive()).status == 200);
    }
    co_await client.send("GET /ready HTTP/1.1\r\nHost: weir\r\nConnection: close\r\n\r\n");
    CHECK((co_await client.receive()).field("Connection") == "close");
    CHECK(co_await client.is_closed());

    auto old = fixture.to(port);
    co_await old.connect();
    co_await old.send("GET /ready HTTP/1.0\r\n\r\n");
    const auto got = co_await old.receive();
    CHECK(got.status == 200);
    CHECK(got.head.starts_with("HTTP/1.0 200"));
    CHECK(co_await old.is_closed());

    auto kept = fixture.to(port);
    co_await kept.connect();
    for (int n = 0; n < 2; ++n) {
      co_await kept.send("GET /ready HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
      CHECK((co_await kept.receive()).field("Connection") == "keep-alive");
    }
  });
}

TEST_CASE("a request that comes byte by byte is one request") {
  served fixture;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    auto client = fixture.to(port);
    co_await client.connect();
    for (const char c : std::string{"GET /ready HTTP/1.1\r\nHost: weir\r\n\r\n"}) co_await client.send({c});
    CHECK((co_await client.receive()).status == 200);
  });
}

TEST_CASE("002-15 what is no request is refused with 400 and the connection is closed") {
  served fixture;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    for (const std::string text :
         {"\x16\x03\x01\x02 TLS\r\n\r\n", "GET\r\n\r\n", "GET /ready HTTP/9.9\r\nHost: weir\r\n\r\n",
          "GET /ready HTTP/1.1\r\n\r\n", "GET /ready HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
          "GET /ready HTTP/1.1\r\nHost: weir\r\nBroken\r\n\r\n", "GET /re ady HTTP/1.1\r\nHost: weir\r\n\r\n",
          "GET /ready HTTP/1.1\r\nHost: weir\r\nContent-Length: x\r\n\r\n"}) {
      INFO(text);
      auto client = fixture.to(port);
      co_await client.connect();
      co_await client.send(text);
      const auto got = co_await client.receive();
      CHECK(got.status == 400);
      CHECK(got.field("Connection") == "close");
      CHECK(co_await client.is_closed());
    }
  });
}

TEST_CASE("a body is refused with 413") {
  served fixture;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    for (const std::string fields :
         {"Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
      auto client = fixture.to(port);
      co_await client.connect();
      co_await client.send("POST /ready HTTP/1.1\r\nHost: weir\r\n" + fields);
      CHECK((co_await client.receive()).status == 413);
      CHECK(co_await client.is_closed());
    }
    auto client = fixture.to(port);
    co_await client.connect();
    co_await client.send("GET /ready HTTP/1.1\r\nHost: weir\r\nContent-Length: 0\r\n\r\n");
    CHECK((co_await client.receive()).status == 200);
  });
}
