#pragma once

#include <async/blocking_pool.hpp>
#include <async/task_scope.hpp>
#include <event/sink.hpp>
#include <support/recorder.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace weir::support {

/// A sink at work for the length of one coroutine: its pump in a scope, a ledger that counts, a listener that
/// keeps. `Producer` is kafka::producer; a template, so that the test support does not link what it tests.
template <class Producer>
class running_producer {
 public:
  template <class Options>
  running_producer(async::executor on, async::task_registry& registry, Options with)
      : heard(on), pool(on, registry), sink(on, std::move(with)), scope(on, registry) {
    sink.listen(heard);
    scope.spawn("pump", [this](async::self me) { return sink.run(me, pool); });
  }

  /// Every test ends with it.
  async::awaitable<> close(async::self me, std::chrono::milliseconds bound = std::chrono::seconds{10}) {
    scope.cancel();
    co_await scope.join(std::chrono::seconds{5});
    co_await sink.close(me, pool, steady_clock::now() + bound);
  }

  /// One record with a share of `entry`; offers again whenever there is room.
  async::awaitable<event::acceptance> send(event::channel& to, event::record what, event::entry_token entry,
                                           bool is_alone = false) {
    event::share part{book, entry};
    for (;;) {
      const int rooms = heard.rooms;
      const auto answer = to.offer(what, part, is_alone);
      if (answer != event::acceptance::busy) {
        // A share that was not taken has an end of its own: here, that nobody wants it.
        if (answer != event::acceptance::taken) part.settle(event::outcome::dropped);
        co_return answer;
      }
      const bool has_room = co_await heard.until([&] { return heard.rooms != rooms || !heard.ends.empty(); });
      if (!has_room || !heard.ends.empty()) co_return answer;
    }
  }

  /// Until every record that was taken has its report.
  async::awaitable<bool> settled(std::chrono::milliseconds bound = std::chrono::seconds{20}) {
    return heard.until([this] { return sink.outstanding() == 0; }, bound);
  }

  counting_book book;
  recorder heard;
  async::blocking_pool pool;
  Producer sink;
  async::task_scope scope;
};

}  // namespace weir::support
