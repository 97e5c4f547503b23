#include <support/mixed_load.hpp>
#include <support/postgres_server.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weir::support;

TEST_CASE("a mixed load runs beside the test and leaves no trace of what it rolled back") {
  postgres_server server;
  mixed_load load{server.conninfo()};
  load.start(500);
  CHECK(server.value("select 1") == "1");
  load.finish();
  CHECK_FALSE(load.is_running());
  CHECK(std::stoi(server.value("select count(*) from account")) > 50);
  CHECK(std::stoi(server.value("select count(*) from journal")) > 400);
  CHECK(std::stoi(server.value("select count(*) from journal")) < 500);
  CHECK(server.value("select count(*) from account where note ~ 'rolled back'") == "0");
  CHECK(server.value("select count(*) from journal where what ~ 'rolled back'") == "0");
}
