#include <support/postgres_server.hpp>
#include <support/tcp_proxy.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weir::support;

TEST_CASE("a proxy forwards, cuts, refuses and moves to another target") {
  postgres_server server;
  tcp_proxy proxy{server.port()};
  const auto through = server.conninfo("postgres", proxy.port());
  postgres_session session{through};
  CHECK(session.value("select repeat('x', 1000000)").size() == 1'000'000);
  CHECK(proxy.open_connections() == 1);

  proxy.cut();
  CHECK_THROWS_AS(session.value("select 1"), sql_error);
  CHECK(proxy.open_connections() == 0);

  proxy.refuse();
  CHECK_THROWS_AS(postgres_session{through}, sql_error);
  proxy.accept();
  CHECK(postgres_session{through}.value("select 2") == "2");
  CHECK(proxy.accepted_connections() == 2);
}

TEST_CASE("a frozen proxy lets nothing through and a thawed one loses nothing") {
  postgres_server server;
  tcp_proxy proxy{server.port()};
  const auto through = server.conninfo("postgres", proxy.port());
  server.exec("create table seen(id int)");
  postgres_session session{through};

  proxy.freeze(tcp_proxy::way::down);
  CHECK_THROWS_AS(postgres_session{through + " connect_timeout=2"}, sql_error);
  proxy.thaw();
  session.exec("insert into seen values (1)");
  CHECK(server.value("select count(*) from seen") == "1");
}

TEST_CASE("a slow proxy keeps to its rate") {
  postgres_server server;
  tcp_proxy proxy{server.port()};
  postgres_session session{server.conninfo("postgres", proxy.port())};
  proxy.slow(200'000, tcp_proxy::way::down);
  const auto began = std::chrono::steady_clock::now();
  CHECK(session.value("select repeat('x', 100000)").size() == 100'000);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  CHECK(took.count() > 0.3);
  proxy.slow(0);
  CHECK(session.value("select repeat('x', 5000000)").size() == 5'000'000);
}
