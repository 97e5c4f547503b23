#pragma once

#include <async/task_registry.hpp>

#include <chrono>
#include <functional>
#include <string>

#include <boost/asio/signal_set.hpp>

namespace weir::app {

/// Turns signals into one orderly stop with a hard end. The first SIGINT or SIGTERM calls `begin` and starts
/// the clock; a second one, or WEIR_STOP_TIMEOUT, ends the process at once with code 3 after naming the tasks
/// that are late. Nothing is lost either way: what is not confirmed is sent again.
class shutdown {
 public:
  shutdown(async::executor on, async::task_registry& tasks, std::chrono::milliseconds within,
           std::function<void()> begin);

  /// Until cancelled.
  async::awaitable<> watch_signals(async::self me);

 private:
  async::awaitable<> wait_for_the_end(async::self me, int signal);
  [[noreturn]] void force(const std::string& because) const;

  async::task_registry& tasks_;
  std::chrono::milliseconds within_;
  std::function<void()> begin_;
  boost::asio::signal_set signals_;
};

/// The kernel's own timer, for a loop that is stuck in a call: the process ends with code 3 some seconds after
/// `within`, whatever happens.
void arm_last_resort(std::chrono::milliseconds within);

/// The sentence that a container runtime shows for a pod that ended: written where such a file exists.
void leave_termination_message(const std::string& sentence);

}  // namespace weir::app
