#pragma once

#include <async/condition.hpp>
#include <async/task_registry.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include <boost/asio/thread_pool.hpp>

namespace weir::async {

/// The few calls that can only block (name resolution, file sync, destroying a librdkafka handle) run here,
/// each as a named row in /tasks. The only threads that Weir starts. A call cannot be cancelled: whoever waits
/// may stop waiting, the call goes on and its result is dropped. The pool lives until the loop has ended.
class blocking_pool {
 public:
  blocking_pool(executor loop, task_registry& registry);
  ~blocking_pool();
  blocking_pool(const blocking_pool&) = delete;
  blocking_pool& operator=(const blocking_pool&) = delete;

  /// Runs `call` on a thread of the pool; rethrows what it throws. Throws weir::failure (retry,
  /// "blocking_calls") when too many calls wait already.
  template <class Call>
  awaitable<std::invoke_result_t<Call>> run(self me, std::string name, Call call) {
    using result = std::invoke_result_t<Call>;
    if constexpr (std::is_void_v<result>) {
      co_await submit(me, std::move(name), std::move(call));
    } else {
      auto value = std::make_shared<std::optional<result>>();
      co_await submit(me, std::move(name),
                      [value, call = std::move(call)]() mutable { value->emplace(call()); });
      co_return std::move(**value);
    }
  }

  /// Calls that run or wait to run.
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  awaitable<> submit(self me, std::string name, std::function<void()> call);

  executor loop_;
  task_registry& registry_;
  std::size_t size_ = 0;
  boost::asio::thread_pool threads_;
};

}  // namespace weir::async
