#include <async/blocking_pool.hpp>

#include <exception>
#include <stdexcept>

#include <base/failure.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace weir::async {
namespace {

/// Two, so that one hanging name server does not hold up a file sync.
constexpr std::size_t threads = 2;
constexpr std::size_t most_calls = 32;

/// Shared with the thread: the waiting task may be gone when the call returns.
struct pending_call {
  explicit pending_call(executor loop) : returned(std::move(loop)) {}
  bool is_done = false;
  std::exception_ptr failure;
  condition returned;
};

}  // namespace

blocking_pool::blocking_pool(executor loop, task_registry& registry)
    : loop_(std::move(loop)), registry_(registry), threads_(threads) {}

blocking_pool::~blocking_pool() { threads_.join(); }

awaitable<> blocking_pool::submit(self me, std::string name, std::function<void()> call) {
  if (size_ >= most_calls)
    throw failure{verdict::retry, "blocking_calls", "too many blocking calls wait already: " + name};
  auto state = std::make_shared<pending_call>(loop_);
  const auto row = registry_.add("blocking " + name);
  ++size_;
  boost::asio::post(threads_, [this, state, row, call = std::move(call),
                               guard = boost::asio::make_work_guard(loop_)]() mutable {
    std::exception_ptr failure;
    try {
      call();
    } catch (...) {
      failure = std::current_exception();
    }
    // What the call owns is destroyed on the loop, as everything else is: all of it moves there.
    boost::asio::post(loop_, [this, state = std::move(state), row, failure = std::move(failure),
                              call = std::move(call)]() mutable {
      registry_.remove(row);
      --size_;
      state->failure = std::move(failure);
      state->is_done = true;
      state->returned.notify_all();
    });
  });
  while (!state->is_done) co_await me.wait("a blocking call", idle, state->returned.wait());
  if (state->failure) std::rethrow_exception(state->failure);
}

}  // namespace weir::async
