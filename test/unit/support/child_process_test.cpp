#include <support/child_process.hpp>
#include <support/eventually.hpp>
#include <support/free_port.hpp>
#include <support/temporary_directory.hpp>

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace weir::support;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

TEST_CASE("a child's end is its exit code, or 128 and the signal that ended it") {
  child_process seven{{.arguments = {"sh", "-c", "exit 7"}}};
  CHECK(seven.wait(10s) == 7);
  child_process asleep{{.arguments = {"sleep", "60"}}};
  CHECK(asleep.is_running());
  CHECK_FALSE(asleep.wait(20ms));
  asleep.signal(SIGTERM);
  CHECK(asleep.wait(10s) == 128 + SIGTERM);
}

TEST_CASE("a child has the environment, directory and output that it was given, and no more") {
  temporary_directory scratch;
  CHECK(run_program({.arguments = {"/bin/sh", "-c", "/usr/bin/env | grep -v -e PWD -e SHLVL -e ^_=; pwd"},
                     .environment = {{"ONE=1"}},
                     .directory = scratch.path()},
                    10s) == "ONE=1\n" + scratch.path().string() + "\n");
}

TEST_CASE("a program that fails or is not there fails with what it wrote") {
  CHECK_THROWS_MATCHES(run_program({.arguments = {"sh", "-c", "echo so sad >&2; exit 3"}}, 10s),
                       std::runtime_error,
                       MessageMatches(ContainsSubstring("failed with 3") && ContainsSubstring("so sad")));
  CHECK_THROWS_MATCHES(run_program({.arguments = {"/no/such/program"}}, 10s), std::runtime_error,
                       MessageMatches(ContainsSubstring("could not be executed")));
}

TEST_CASE("a child with pipes answers line by line") {
  child_process child{{.arguments = {"cat"}, .has_pipes = true}};
  child.write_line("one");
  child.write_line("two");
  CHECK(child.read_line(10s) == "one");
  CHECK(child.read_line(10s) == "two");
  CHECK_THROWS(child.read_line(10ms));
}

TEST_CASE("with a child goes its whole group") {
  temporary_directory scratch;
  std::vector<pid_t> grandchildren;
  {
    child_process parent{{.arguments = {"sh", "-c", "sleep 60 & sleep 60 & wait"}}};
    REQUIRE(eventually([&] { return children_of(parent.pid()).size() == 2; }));
    grandchildren = children_of(parent.pid());
  }
  const auto is_gone = [](pid_t each) {
    // Who takes orphans over may reap them late: dead is enough.
    const auto stat = read_text("/proc/" + std::to_string(each) + "/stat");
    return stat.empty() || stat.find(") Z ") != std::string::npos;
  };
  for (const auto each : grandchildren) CHECK(eventually([&] { return is_gone(each); }));
}

TEST_CASE("ports are handed out once and directories vanish") {
  CHECK(free_port() != free_port());
  std::filesystem::path gone;
  {
    temporary_directory scratch;
    gone = scratch.path();
    write_text(scratch / "file", "text");
    CHECK(read_text(scratch / "file") == "text");
  }
  CHECK_FALSE(std::filesystem::exists(gone));
}
