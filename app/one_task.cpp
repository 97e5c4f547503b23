#include "one_task.hpp"

#include <boost/asio/io_context.hpp>

namespace weir::app {

void run_one_task(std::string name,
                  std::function<async::awaitable<>(async::self, async::executor, async::blocking_pool&)> task) {
  async::task_registry tasks;
  boost::asio::io_context loop{1};
  const async::executor on = loop.get_executor();
  async::blocking_pool pool{on, tasks};
  async::task_scope scope{on, tasks};
  scope.spawn(std::move(name), [&](async::self me) { return task(me, on, pool); });
  loop.run();
  if (const auto failed = scope.first_failure()) std::rethrow_exception(failed);
}

}  // namespace weir::app
