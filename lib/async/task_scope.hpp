#pragma once

#include <async/condition.hpp>
#include <async/task_registry.hpp>

#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/cancellation_signal.hpp>

namespace weir::async {

/// Owns tasks. Every coroutine of Weir is spawned by name into a scope; nothing is ever detached from one.
///
/// The first failure of a task is kept and cancels the others; cancellation itself is no failure. The
/// destructor insists that the scope is empty: join before.
class task_scope {
 public:
  /// Makes the coroutine when it is about to start; kept alive until the coroutine ends.
  using body = std::function<awaitable<>(self)>;

  task_scope(executor on, task_registry& registry);
  ~task_scope();
  task_scope(const task_scope&) = delete;
  task_scope& operator=(const task_scope&) = delete;

  /// Starts a task. It may run, and even end, before this returns.
  void spawn(std::string name, body run);

  /// Asks every task to end (terminal cancellation). Idempotent; tasks spawned later are cancelled at once.
  void cancel();
  [[nodiscard]] bool is_cancelled() const { return is_cancelled_; }

  [[nodiscard]] std::size_t size() const { return tasks_.size(); }
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::exception_ptr first_failure() const { return failure_; }

  /// Waits until the scope is empty, then rethrows the first failure if there is one. If the waiting task is
  /// cancelled the scope is cancelled too. Once the scope is cancelled its tasks have `patience` to end:
  /// after that `late_tasks` is thrown and the scope is not empty.
  awaitable<> join(steady_clock::duration patience);

 private:
  struct task;
  void ended(std::list<std::shared_ptr<task>>::iterator which, std::exception_ptr failure);

  executor executor_;
  task_registry& registry_;
  condition changed_;
  std::list<std::shared_ptr<task>> tasks_;
  std::exception_ptr failure_;
  bool is_cancelled_ = false;
};

/// Names the tasks that did not end in time.
class late_tasks : public std::exception {
 public:
  explicit late_tasks(std::vector<std::string> names);
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::string text_;
};

/// True for the exception that cancellation raises in a task: an order to end, not a failure.
[[nodiscard]] bool is_cancellation(const std::exception_ptr& raised) noexcept;

}  // namespace weir::async
