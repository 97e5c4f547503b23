#pragma once

#include "client.hpp"

#include <admin/server.hpp>
#include <async/task_scope.hpp>
#include <support/run_loop.hpp>

namespace weir::admin::test {

/// A server on a loop of its own, for as long as one test's coroutine runs.
struct served {
  support::run_loop loop;
  metrics::registry figures;
  options how{.port = 0};
  pages what;

  /// `test` is called with the port.
  template <class Test>
  void run(Test test) {
    loop.run([&](async::self /*me*/) -> async::awaitable<> {
      server subject{loop.executor(), loop.registry(), figures, how, what};
      async::task_scope scope{loop.executor(), loop.registry()};
      scope.spawn("admin", [&](async::self me) { return subject.run(me); });
      scope.spawn("client", [&](async::self me) { return drive(test, subject.port(), me, &scope); });
      co_await scope.join(std::chrono::seconds{5});
    });
  }

  [[nodiscard]] client to(std::uint16_t port) { return {loop.executor(), port}; }

 private:
  template <class Test>
  static async::awaitable<> drive(Test& test, std::uint16_t port, async::self /*me*/,
                                  async::task_scope* scope) {
    co_await test(port);
    scope->cancel();
  }
};

}  // namespace weir::admin::test
