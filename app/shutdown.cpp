#include "shutdown.hpp"

#include "exit_code.hpp"

#include <async/deadline.hpp>
#include <base/log.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace weir::app {
namespace {

constexpr auto termination_log = "/dev/termination-log";
/// Beyond the deadline: for a loop that is stuck in a call and cannot look at its timers.
constexpr unsigned grace_of_stuck_loop_s = 2;

extern "C" void end_at_once(int /*signal*/) { _exit(static_cast<int>(exit_code::forced)); }

}  // namespace

void arm_last_resort(std::chrono::milliseconds within) {
  struct sigaction action{};
  action.sa_handler = end_at_once;
  sigaction(SIGALRM, &action, nullptr);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(within).count();
  alarm(static_cast<unsigned>(seconds) + grace_of_stuck_loop_s);
}

shutdown::shutdown(async::executor on, async::task_registry& tasks, std::chrono::milliseconds within,
                   std::function<void()> begin)
    : tasks_(tasks), within_(within), begin_(std::move(begin)), signals_(std::move(on), SIGINT, SIGTERM) {}

async::awaitable<> shutdown::watch_signals(async::self me) {
  const auto signal =
      co_await me.wait("a signal", async::idle, signals_.async_wait(boost::asio::use_awaitable));
  log::info("signal {} ({}): stopping within {} ms", signal, strsignal(signal), within_.count());
  arm_last_resort(within_);
  begin_();
  co_await wait_for_the_end(me, signal);
}

async::awaitable<> shutdown::wait_for_the_end(async::self me, int /*signal*/) {
  const auto until = steady_clock::now() + within_;
  try {
    co_await me.wait("the stop to end", within_,
                     async::with_deadline(signals_.async_wait(boost::asio::use_awaitable), until, "the stop"));
  } catch (const async::deadline_exceeded&) {
    force("the stop took longer than WEIR_STOP_TIMEOUT");
  }
  force("a second signal");
}

void shutdown::force(const std::string& because) const {
  for (const auto& row : tasks_.rows()) {
    if (row.waits_for.empty()) continue;
    log::error("late: task \"{}\" waits for {}", row.name, row.waits_for);
  }
  const auto sentence = "forced stop: " + because + "; what is not confirmed is sent again by the next start";
  log::error("{}", sentence);
  leave_termination_message(sentence);
  _exit(static_cast<int>(exit_code::forced));
}

void leave_termination_message(const std::string& sentence) {
  if (access(termination_log, W_OK) != 0) return;
  std::ofstream{termination_log} << sentence << '\n';
}

}  // namespace weir::app
