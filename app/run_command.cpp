#include "run_command.hpp"

#include "memory_rest.hpp"
#include "pipe.hpp"
#include "shutdown.hpp"
#include "status.hpp"

#include <admin/server.hpp>
#include <async/blocking_pool.hpp>
#include <async/deadline.hpp>
#include <async/task_scope.hpp>
#include <base/base.hpp>
#include <base/log.hpp>

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

namespace weir::app {
namespace {

using namespace std::chrono_literals;

/// What the last tasks get to unwind after the stream has ended.
constexpr auto unwinding = 5s;

admin::options admin_options_of(const config::settings& with) {
  admin::options options;
  options.host = with.http.host;
  options.port = with.http.port;
  options.token = with.http_token.read();
  options.header_limit = with.http_header_limit;
  options.idle_timeout = with.http_idle_timeout;
  options.request_timeout = with.http_request_timeout;
  options.connections = with.http_connections;
  return options;
}

/// Everything that lives as long as the process, in the order in which it may be destroyed.
class program {
 public:
  explicit program(const config::settings& with)
      : with_(with),
        pool_(loop_.get_executor(), tasks_),
        root_(loop_.get_executor(), tasks_),
        pipe_(loop_.get_executor(), tasks_, pool_, with),
        figures_(pipe_, tasks_, metrics_),
        admin_(loop_.get_executor(), tasks_, metrics_, admin_options_of(with), pages()) {}

  exit_code run() {
    log::info("weir {} starts; admin endpoint on {}:{}", version, with_.http.host, admin_.port());
    root_.spawn("weir", [this](async::self me) { return live(me); });
    loop_.run();
    return code_;
  }

 private:
  admin::pages pages() {
    return {{},
            [this] { return pipe_.ready(steady_clock::now()); },
            [this] { return status_document(pipe_); },
            [this](const auto& tables) { return pipe_.snapshot().order(tables); }};
  }

  async::awaitable<> live(async::self me) {
    async::task_scope around{loop_.get_executor(), tasks_};
    shutdown stopping{loop_.get_executor(), tasks_, with_.stop_timeout, [this] { pipe_.stop(); }};
    around.spawn("signals", [&stopping](async::self its) { return stopping.watch_signals(its); });
    around.spawn("admin", [this](async::self its) { return admin_.run(its); });
    around.spawn("memory",
                 [this](async::self its) { return give_memory_back(its, loop_.get_executor(), &pipe_); });
    std::string sentence;
    try {
      co_await pipe_.run(me);
    } catch (const failure& why) {
      code_ = code_of(why);
      sentence = why.what();
    } catch (const async::deadline_exceeded& late) {
      code_ = exit_code::forced;
      sentence = late.what();
    } catch (const std::exception& unexpected) {
      code_ = exit_code::failed;
      sentence = fmt::format("unexpected: {}", unexpected.what());
    }
    if (!sentence.empty()) {
      arm_last_resort(unwinding);
      log::error("weir ends with code {}: {}", static_cast<int>(code_), sentence);
      leave_termination_message(sentence);
    }
    around.cancel();
    co_await me.wait("the last tasks", unwinding, around.join(unwinding));
    // A call that hangs in the pool would hold the loop, and nobody is left to watch it.
    if (pool_.size() > 0) _exit(static_cast<int>(code_));
    if (code_ == exit_code::clean)
      log::info("stopped; everything that was received is stored or will be sent again");
  }

  [[nodiscard]] exit_code code_of(const failure& why) const {
    if (why.decision() == verdict::refuse) return exit_code::refused;
    return pipe_.has_streamed() ? exit_code::failed : exit_code::configuration;
  }

  const config::settings& with_;
  async::task_registry tasks_;
  metrics::registry metrics_;
  boost::asio::io_context loop_{1};
  async::blocking_pool pool_;
  async::task_scope root_;
  pipe pipe_;
  published_figures figures_;
  admin::server admin_;
  exit_code code_ = exit_code::clean;
};

}  // namespace

exit_code run_command(const config::settings& with) {
  try {
    return program{with}.run();
  } catch (const failure& why) {
    log::error("weir ends: {}", why.what());
    leave_termination_message(why.what());
    return why.decision() == verdict::refuse ? exit_code::refused : exit_code::configuration;
  }
}

}  // namespace weir::app
