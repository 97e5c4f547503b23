#include <support/run_loop.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace weir::support {
namespace {

/// What a cancelled test gets to clean up, and the loop to run out of work.
constexpr auto grace = std::chrono::seconds{2};

std::string describe(const async::task_registry& registry) {
  std::string text;
  for (const auto& row : registry.rows()) {
    text +=
        fmt::format("\n  {} waits for: {}", row.name, row.waits_for.empty() ? "nothing named" : row.waits_for);
  }
  return text.empty() ? "\n  no task: a timer or a descriptor" : text;
}

}  // namespace

void run_loop::run_ready() {
  context_.restart();
  context_.poll();
}

void run_loop::drive(async::task_scope::body make, steady_clock::duration bound) {
  context_.restart();
  async::task_scope scope{executor(), registry_};
  scope.spawn("test", std::move(make));

  const auto until = steady_clock::now() + bound;
  while (scope.size() > 0 && steady_clock::now() < until && !context_.stopped()) context_.run_one_until(until);

  if (scope.size() > 0) {
    const auto tasks = describe(registry_);
    scope.cancel();
    const auto last = steady_clock::now() + grace;
    context_.restart();
    while (scope.size() > 0 && steady_clock::now() < last && !context_.stopped()) context_.run_one_until(last);
    throw std::runtime_error(fmt::format("the test did not end within {} s; tasks:{}",
                                         std::chrono::duration_cast<std::chrono::seconds>(bound).count(),
                                         tasks));
  }
  if (auto failure = scope.first_failure()) std::rethrow_exception(failure);

  context_.restart();
  context_.run_for(grace);
  if (!context_.stopped()) {
    throw std::runtime_error("the test ended but its loop still has work:" + describe(registry_));
  }
  if (registry_.size() > 0)
    throw std::runtime_error("the test ended but tasks are left:" + describe(registry_));
}

}  // namespace weir::support
