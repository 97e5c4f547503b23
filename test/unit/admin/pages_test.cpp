#include "served.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace std::chrono_literals;
using weir::admin::answer;
using weir::admin::test::served;
using weir::async::awaitable;

TEST_CASE("probes say yes or no, and why, under both of their names") {
  served fixture;
  answer ready{false, "not streaming for 7 s"};
  fixture.what.ready = [&] { return ready; };
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    for (const char* path : {"/ready", "/readyz", "/ready?verbose"}) {
      const auto got = co_await fixture.to(port).get(path);
      CHECK(got.status == 503);
      CHECK(got.body == "not streaming for 7 s\n");
    }
    ready = {true, "streaming"};
    CHECK((co_await fixture.to(port).get("/readyz")).status == 200);
    for (const char* path : {"/health", "/livez"}) {
      const auto got = co_await fixture.to(port).get(path);
      CHECK(got.status == 200);
      CHECK(got.body == "ok\n");
    }
  });
}

TEST_CASE("002-19 a task that is overdue turns /health red and is named") {
  served fixture;
  fixture.how.overdue = 0ms;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    auto row = fixture.loop.registry().add("stream");
    row->waits_for = "an answer of the server";
    row->due = weir::steady_clock::now() - 1ms;
    const auto got = co_await fixture.to(port).get("/health");
    fixture.loop.registry().remove(row);
    CHECK(got.status == 503);
    CHECK(got.body == "overdue tasks: stream (waits for an answer of the server)\n");
    CHECK((co_await fixture.to(port).get("/health")).status == 200);
  });
}

TEST_CASE("/metrics is Prometheus' text and counts tasks and its own requests") {
  served fixture;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    CHECK((co_await fixture.to(port).get("/nothing")).status == 404);
    const auto got = co_await fixture.to(port).get("/metrics");
    CHECK(got.status == 200);
    CHECK(got.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(got.body.find("weir_tasks{name=\"admin\"} 1\n") != std::string::npos);
    CHECK(got.body.find("weir_tasks{name=\"http connection\"} ") != std::string::npos);
    CHECK(got.body.find("weir_http_requests_total{status=\"404\"} 1\n") != std::string::npos);
  });
}

TEST_CASE("/tasks is a document for programs and a table for people") {
  served fixture;
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    const auto document = co_await fixture.to(port).get("/tasks");
    CHECK(document.field("Content-Type") == "application/json");
    CHECK(document.body.find(R"("name":"admin","count":1,"oldest_seconds":)") != std::string::npos);
    CHECK(document.body.find(R"("waits":{"a connection":1})") != std::string::npos);
    for (const auto& [target, accept] :
         {std::pair{"/tasks?format=text", ""}, {"/tasks", "Accept: text/plain\r\n"}}) {
      const auto table = co_await fixture.to(port).get(target, accept);
      CHECK(table.field("Content-Type") == "text/plain; charset=utf-8");
      CHECK(table.body.find("\nadmin") != std::string::npos);
      CHECK(table.body.find("a connection\n") != std::string::npos);
    }
  });
}

TEST_CASE("/status is what the program says, / is a list of the pages") {
  served fixture;
  fixture.what.status = [] { return std::string{R"({"lag":7})"}; };
  fixture.what.ready = [] { return answer{false, "the breaker is open"}; };
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    const auto status = co_await fixture.to(port).get("/status");
    CHECK(status.body == R"({"lag":7})");
    CHECK(status.field("Content-Type") == "application/json");
    const auto index = co_await fixture.to(port).get("/");
    CHECK(index.status == 200);
    CHECK(index.body.find("not ready: the breaker is open") != std::string::npos);
    CHECK(index.body.find("/metrics") != std::string::npos);
  });
}

TEST_CASE("a page that throws is a 500 that tells nothing, and the server goes on") {
  served fixture;
  fixture.what.status = []() -> std::string { throw std::runtime_error{"swordfish"}; };
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    const auto got = co_await fixture.to(port).get("/status");
    CHECK(got.status == 500);
    CHECK(got.body.find("swordfish") == std::string::npos);
    CHECK((co_await fixture.to(port).get("/ready")).status == 200);
  });
}

TEST_CASE("002-15 with a token all but the probes need it") {
  served fixture;
  fixture.how.token = "swordfish";
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    for (const char* path : {"/health", "/livez", "/ready", "/readyz"}) {
      CHECK((co_await fixture.to(port).get(path)).status == 200);
    }
    for (const char* path : {"/", "/metrics", "/tasks", "/status", "/nothing"}) {
      const auto got = co_await fixture.to(port).get(path);
      CHECK(got.status == 401);
      CHECK(got.field("WWW-Authenticate") == "Bearer realm=\"weir\"");
      CHECK(got.body.find("swordfish") == std::string::npos);
    }
    for (const char* wrong : {"Bearer swordfisH", "Bearer swordfish1", "Bearer ", "Bearer", "swordfish",
                              "Basic swordfish", "Bearer swordfis"}) {
      const auto fields = "Authorization: " + std::string{wrong} + "\r\n";
      CHECK((co_await fixture.to(port).get("/metrics", fields)).status == 401);
    }
    for (const char* right : {"Bearer swordfish", "bearer swordfish", "Bearer   swordfish"}) {
      const auto fields = "Authorization: " + std::string{right} + "\r\n";
      CHECK((co_await fixture.to(port).get("/metrics", fields)).status == 200);
    }
  });
}

TEST_CASE("002-15 without a token an address that others reach shows probes and metrics only") {
  served fixture;
  fixture.how.host = "0.0.0.0";
  fixture.run([&](std::uint16_t port) -> awaitable<> {
    CHECK((co_await fixture.to(port).get("/ready")).status == 200);
    CHECK((co_await fixture.to(port).get("/metrics")).status == 200);
    for (const char* path : {"/", "/tasks", "/status"}) {
      const auto got = co_await fixture.to(port).get(path);
      CHECK(got.status == 403);
      CHECK(got.body.find("WEIR_HTTP_TOKEN") != std::string::npos);
    }
  });
}
