#pragma once

#include <async/async.hpp>
#include <base/clock.hpp>

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace weir::async {

/// A task as /tasks shows it.
struct task_row {
  std::string name;
  std::string waits_for;  ///< empty: running
  steady_time started;
  steady_time last_resume;  ///< a task that is stuck shows an old one
  steady_time due;          ///< the wait should be over by then; steady_time::max() for idle waits
};

/// Tasks of one name together, as goroutine profiles show them.
struct task_group {
  std::string name;
  std::size_t count = 0;
  steady_time oldest_start;                  ///< of the one that lives longest
  steady_time oldest_resume;                 ///< of the one that has not run for longest
  std::map<std::string, std::size_t> waits;  ///< how many wait for what; the empty word: running
};

/// Every live task of the process, in the order of their start. One loop, no lock.
class task_registry {
 public:
  using entry = std::list<task_row>::iterator;

  entry add(std::string name);
  void remove(entry which) noexcept { rows_.erase(which); }

  [[nodiscard]] const std::list<task_row>& rows() const { return rows_; }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  /// The same by name, in the order of names.
  [[nodiscard]] std::vector<task_group> grouped() const;
  /// Tasks whose wait should have ended `grace` ago: a restart would help.
  [[nodiscard]] std::vector<task_row> overdue(steady_time now, steady_clock::duration grace) const;

 private:
  std::list<task_row> rows_;
};

/// A bound for waits that are idle by nature (accepting, waiting for work).
inline constexpr steady_clock::duration idle = steady_clock::duration::max();

/// A task's own row: passed by value to the task's coroutine and on to what it calls.
class self {
 public:
  self(task_registry& registry, task_registry::entry row) : registry_(&registry), row_(row) {}

  [[nodiscard]] task_registry& registry() const { return *registry_; }
  [[nodiscard]] const std::string& name() const { return row_->name; }

  /// Awaits `operation` and shows meanwhile what the task waits for and by when that should be over. It only
  /// shows: enforcing is with_deadline's work.
  template <class T>
  awaitable<T> wait(const char* what, steady_clock::duration bound, awaitable<T> operation) const {
    const waiting mark{row_, what, bound};
    co_return co_await std::move(operation);
  }

 private:
  class waiting {
   public:
    waiting(task_registry::entry row, const char* what, steady_clock::duration bound);
    ~waiting();
    waiting(const waiting&) = delete;
    waiting& operator=(const waiting&) = delete;

   private:
    task_registry::entry row_;
  };

  task_registry* registry_;
  task_registry::entry row_;
};

}  // namespace weir::async
