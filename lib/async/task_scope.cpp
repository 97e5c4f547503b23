#include <async/task_scope.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>

#include <base/log.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

namespace weir::async {
namespace asio = boost::asio;

/// One signal each: binding one slot to two coroutines is a use after free.
struct task_scope::task {
  task(task_registry& in, std::string name, body make)
      : registry(in), row(in.add(std::move(name))), run(std::move(make)) {}
  ~task() { registry.remove(row); }
  task(const task&) = delete;
  task& operator=(const task&) = delete;

  static awaitable<> run_to_end(task* each);

  task_registry& registry;
  task_registry::entry row;
  body run;
  asio::cancellation_signal cancel;
};

task_scope::task_scope(executor on, task_registry& registry)
    : executor_(on), registry_(registry), changed_(std::move(on)) {}

awaitable<> task_scope::task::run_to_end(task* each) {
  std::exception_ptr failure;
  try {
    co_await each->run(self{each->registry, each->row});
  } catch (...) {
    failure = std::current_exception();
  }
  // co_spawn awaits once more when the body never did. After a cancellation that would throw past the
  // completion handler (Boost 1.83), and the task would never be known to have ended.
  co_await asio::this_coro::throw_if_cancelled(false);
  if (failure) std::rethrow_exception(failure);
}

task_scope::~task_scope() {
  if (tasks_.empty()) return;
  log::error("a task scope was destroyed while its tasks still ran: {}", fmt::join(names(), ", "));
  std::abort();
}

void task_scope::spawn(std::string name, body run) {
  // co_spawn may run the task to its end before it returns: what follows needs the signal all the same.
  const auto spawned = std::make_shared<task>(registry_, std::move(name), std::move(run));
  const auto which = tasks_.insert(tasks_.end(), spawned);
  auto done = [this, which](std::exception_ptr failure) { ended(which, std::move(failure)); };
  asio::co_spawn(executor_, task::run_to_end(spawned.get()),
                 asio::bind_cancellation_slot(spawned->cancel.slot(), std::move(done)));
  if (is_cancelled_) spawned->cancel.emit(asio::cancellation_type::terminal);
}

void task_scope::cancel() {
  is_cancelled_ = true;
  // A task may end and leave the list while its neighbours are being told.
  const std::vector<std::shared_ptr<task>> all{tasks_.begin(), tasks_.end()};
  for (const auto& each : all) each->cancel.emit(asio::cancellation_type::terminal);
  changed_.notify_all();
}

std::vector<std::string> task_scope::names() const {
  std::vector<std::string> all;
  all.reserve(tasks_.size());
  for (const auto& each : tasks_) all.push_back(each->row->name);
  return all;
}

void task_scope::ended(std::list<std::shared_ptr<task>>::iterator which, std::exception_ptr failure) {
  tasks_.erase(which);
  changed_.notify_all();
  const bool is_order = is_cancelled_ && is_cancellation(failure);
  if (!failure || is_order || failure_) return;
  failure_ = std::move(failure);
  cancel();
}

awaitable<> task_scope::join(steady_clock::duration patience) {
  auto until = steady_time::max();
  while (!tasks_.empty()) {
    if (is_cancelled_ && until == steady_time::max()) until = steady_clock::now() + patience;
    bool is_told_to_end = false;
    bool is_in_time = true;
    try {
      is_in_time = co_await changed_.wait_until(until);
    } catch (const boost::system::system_error&) {
      is_told_to_end = true;
    }
    if (is_told_to_end) {
      // Without the reset every later co_await throws again, and the children would be left behind.
      co_await asio::this_coro::reset_cancellation_state();
      cancel();
    }
    if (!is_in_time && !tasks_.empty()) throw late_tasks{names()};
  }
  if (failure_) std::rethrow_exception(failure_);
}

late_tasks::late_tasks(std::vector<std::string> names)
    : names_(std::move(names)),
      text_(fmt::format("tasks that did not end in time: {}", fmt::join(names_, ", "))) {}

bool is_cancellation(const std::exception_ptr& raised) noexcept {
  if (!raised) return false;
  try {
    std::rethrow_exception(raised);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace weir::async
