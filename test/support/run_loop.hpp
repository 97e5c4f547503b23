#pragma once

#include <async/task_registry.hpp>
#include <async/task_scope.hpp>

#include <concepts>
#include <optional>
#include <type_traits>

#include <boost/asio/io_context.hpp>

namespace weir::support {

/// A loop of its own for one test. `run` drives one coroutine to its end and then insists that the loop is out
/// of work: no task, timer or descriptor may outlive what the test did.
///
///     run_loop loop;
///     loop.run([&](async::self me) -> async::awaitable<> { co_await subject.run(me); });
class run_loop {
 public:
  static constexpr steady_clock::duration usual_bound = std::chrono::seconds{120};

  [[nodiscard]] boost::asio::io_context& context() { return context_; }
  [[nodiscard]] async::executor executor() { return context_.get_executor(); }
  [[nodiscard]] async::task_registry& registry() { return registry_; }

  /// `make` takes the task's `self`, or nothing, and returns an awaitable; its callable lives until the
  /// coroutine ends, so captures are safe. Returns what it returns and rethrows what it throws. Throws when it
  /// is not done within `bound` (naming every task and what it waits for) or when something is left on the
  /// loop.
  template <class Make>
  auto run(Make make, steady_clock::duration bound = usual_bound) {
    using result = typename decltype(call(make, std::declval<async::self>()))::value_type;
    if constexpr (std::is_void_v<result>) {
      drive([&make](async::self me) { return call(make, me); }, bound);
    } else {
      std::optional<result> value;
      drive([&make, &value](async::self me) { return keep(&make, me, &value); }, bound);
      return std::move(*value);
    }
  }

  /// Runs what is ready now, without waiting.
  void run_ready();

 private:
  template <class Make>
  static auto call(Make& make, async::self me) {
    if constexpr (std::invocable<Make&, async::self>) {
      return make(me);
    } else {
      return make();
    }
  }

  template <class Make, class Result>
  static async::awaitable<> keep(Make* make, async::self me, std::optional<Result>* value) {
    value->emplace(co_await call(*make, me));
  }

  void drive(async::task_scope::body make, steady_clock::duration bound);

  async::task_registry registry_;
  boost::asio::io_context context_{1};
};

}  // namespace weir::support
