#include "probe_command.hpp"

#include "admin_client.hpp"
#include "one_task.hpp"

#include <async/deadline.hpp>

#include <cstdio>

namespace weir::app {
namespace {

using namespace std::chrono_literals;

constexpr auto bound = 3s;

async::awaitable<> probe(async::executor on, const config::settings* with, std::string path, unsigned* status) {
  const auto answer = co_await ask_admin(on, *with, false, path);
  *status = answer.status;
  fmt::print("{}\n", answer.body);
}

}  // namespace

exit_code probe_command(const config::settings& with, const std::string& path) {
  unsigned status = 0;
  try {
    run_one_task("probe", [&](async::self me, async::executor on, async::blocking_pool&) {
      return me.wait(
          "the answer", bound,
          async::with_deadline(probe(on, &with, path, &status), steady_clock::now() + bound, "the answer"));
    });
  } catch (const std::exception& why) {
    fmt::print(stderr, "weir probe {}: {}:{} does not answer: {}\n", path, with.http.host, with.http.port,
               why.what());
  }
  return status == 200 ? exit_code::clean : exit_code::failed;
}

}  // namespace weir::app
