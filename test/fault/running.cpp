#include "running.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

namespace weir::fault {
namespace {

constexpr int some_transactions = 300;
constexpr auto recovery_bound = 180s;

}  // namespace

running::running(fault::bed& on, const bed::variables& environment)
    : bed_{on}, load{on.postgres.conninfo()}, weir{environment} {
  weir.wait_until_ready();
  load.start(some_transactions);
  load.finish();
  before = bed_.at_quiesce(weir);
}

void running::wait_for_reason(const std::string& text) {
  weir.wait_for(
      "/ready to say: " + text,
      [&] {
        const auto answer = weir.get("/ready");
        return answer.status == 503 && answer.body.find(text) != std::string::npos;
      },
      recovery_bound);
}

void running::check_recovery(std::uint64_t spare_connections) {
  load.finish();
  weir.wait_until_ready(recovery_bound);
  auto expected = before;
  if (spare_connections > 0) {
    const auto most = before.descriptors + spare_connections;
    expected.descriptors = std::clamp(bed_.at_quiesce(weir).descriptors, before.descriptors, most);
  }
  bed_.check_nothing_leaked(weir, expected);
  CHECK(weir.stop().code == 0);
  bed_.check_delivery();
}

}  // namespace weir::fault
