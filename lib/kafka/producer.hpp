#pragma once

#include <async/blocking_pool.hpp>
#include <async/task_registry.hpp>
#include <event/sink.hpp>
#include <kafka/figures.hpp>
#include <kafka/options.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weir::kafka {

/// The way into Kafka: idempotent, acks=all, one request in flight, no local time-out. A share is reported as
/// delivered by a report without an error *and with an offset*, by nothing else.
///
/// One object serves one run: after a report that is refused or lost, or after `broken`, its owner stops
/// offering, closes it and makes another one. Owned by one loop; nothing here is called from another thread.
/// The listener is called from `run` only, never inside `offer`, and must not destroy the producer.
class producer final : public event::sink {
 public:
  /// Makes the handle and its threads; nothing is connected yet. Throws weir::failure (permanent,
  /// "configuration") when librdkafka refuses the properties.
  producer(async::executor on, options with);
  /// Whoever did not close() waits here for librdkafka's threads.
  ~producer() override;
  producer(const producer&) = delete;
  producer& operator=(const producer&) = delete;

  void listen(event::sink_listener& listener) override;
  /// Topics are opened at once: asked for, made when missing, their limits read. Channels may be closed and
  /// opened again; a channel must not outlive the producer.
  [[nodiscard]] std::unique_ptr<event::channel> open(std::string topic, event::topic_kind kind) override;
  void probe() override;
  [[nodiscard]] std::size_t outstanding() const override;

  /// Serves the library's events and tells it when to send, with short calls on the pool, until it is
  /// cancelled. To be spawned as a task of its own, once.
  async::awaitable<> run(async::self me, async::blocking_pool& pool);

  /// Ends the handle: what is still out is purged and abandoned, the library's threads are joined on the pool.
  /// The task of run() must have ended. Throws async::deadline_exceeded at `until`; the call in the pool goes
  /// on then.
  async::awaitable<> close(async::self me, async::blocking_pool& pool, steady_time until);

  [[nodiscard]] const figures& counted() const;
  [[nodiscard]] std::vector<topic_status> topics() const;
  /// Why nothing can be reached at the moment; empty when something answered last.
  [[nodiscard]] std::string unreachable_because() const;

  /// One record of ours that no ledger knows (the position). `then` runs on the loop, from run() or close(),
  /// exactly once: without an error when the record has an offset. Waits for as long as it takes; close() fails
  /// it.
  void put(const std::string& topic, std::string key, std::string value,
           std::function<void(std::exception_ptr)> then);

 private:
  friend struct seam;
  class machinery;
  std::unique_ptr<machinery> works_;
};

}  // namespace weir::kafka
