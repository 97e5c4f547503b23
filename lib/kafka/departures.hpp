#pragma once

/// Internal: includes librdkafka's header.

#include <async/blocking_pool.hpp>
#include <kafka/departure.hpp>
#include <kafka/handles.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace weir::kafka {

/// Makes what `departure` decides happen. The library's only way to end its lingering is a call that blocks
/// (rd_kafka_flush), so that runs on the pool, for two milliseconds at most.
class departures {
 public:
  /// Between those calls and the end of the handles they are for.
  class gate {
   public:
    /// Waits for a call under way; there is none after it. Any thread.
    void shut();
    void flush(const std::vector<rd_kafka_t*>& handles);

   private:
    std::mutex held_;
    bool is_open_ = true;
  };

  departures(async::executor on, bytes batch);
  ~departures() { gate_->shut(); }
  departures(const departures&) = delete;
  departures& operator=(const departures&) = delete;

  /// Handed to the library: for each record.
  void take(bytes size) noexcept {
    ++so_far_.taken;
    so_far_.size += size;
    if (wakes_on_take_) wake();
  }
  void answer() noexcept { ++so_far_.answered; }
  /// After a number of answers.
  void answers_came() noexcept {
    if (wakes_on_answer_) wake();
  }

  /// To be shut before a handle is destroyed.
  [[nodiscard]] std::shared_ptr<gate> guard() const { return gate_; }

  /// Until cancelled; `handles` tells what is to be flushed.
  async::awaitable<> run(async::self me, async::blocking_pool& pool,
                         std::function<std::vector<rd_kafka_t*>()> handles);

 private:
  void wake() noexcept;

  departure decision_;
  departure::progress so_far_;
  bool wakes_on_take_ = false;
  bool wakes_on_answer_ = false;
  async::condition changed_;
  std::shared_ptr<gate> gate_ = std::make_shared<gate>();
};

}  // namespace weir::kafka
