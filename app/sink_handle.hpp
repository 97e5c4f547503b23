#pragma once

#include <async/blocking_pool.hpp>
#include <async/task_registry.hpp>
#include <config/settings.hpp>
#include <event/sink.hpp>
#include <event/state_store.hpp>
#include <kafka/figures.hpp>
#include <kafka/state_store.hpp>

#include <memory>

namespace weir::app {

/// One life of a sink: made, pumped by a task of its own, closed. After a record that was lost its owner closes
/// it and makes the next one.
class sink_handle {
 public:
  virtual ~sink_handle() = default;
  [[nodiscard]] virtual event::sink& sink() = 0;
  /// Pumps until cancelled.
  virtual async::awaitable<> run(async::self me) = 0;
  /// After the pump has ended. Throws async::deadline_exceeded at `until`.
  virtual async::awaitable<> close(async::self me, steady_time until) = 0;
  /// Null when the sink is not Kafka.
  [[nodiscard]] virtual const kafka::figures* figures() const = 0;
};

/// The sink that the settings name. For Kafka, positions are saved through the same producer: `state` is told
/// of it while it lives (null when positions are kept elsewhere).
[[nodiscard]] std::unique_ptr<sink_handle> make_sink(async::executor on, async::blocking_pool& pool,
                                                     const config::settings& with,
                                                     const kafka::options& brokers, kafka::state_store* state);

}  // namespace weir::app
