#pragma once

#include <async/blocking_pool.hpp>
#include <async/task_scope.hpp>

#include <functional>
#include <string>

namespace weir::app {

/// A command that is one task: makes a loop for it, runs it to its end and rethrows what it throws.
void run_one_task(std::string name,
                  std::function<async::awaitable<>(async::self, async::executor, async::blocking_pool&)> task);

}  // namespace weir::app
