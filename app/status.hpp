#pragma once

#include "pipe.hpp"

#include <async/task_registry.hpp>
#include <metrics/registry.hpp>

#include <string>

namespace weir::app {

/// /status: one JSON document for people and scripts: source, slot, lag, ledger, lanes, breaker, budget, what
/// failed last. LSNs as text, times in seconds, sizes in bytes.
[[nodiscard]] std::string status_document(const pipe& of);

/// Copies the pipe's plain counts into the metrics each time they are scraped.
class published_figures {
 public:
  published_figures(pipe& of, async::task_registry& tasks, metrics::registry& into);

 private:
  void copy();
  void copy_flow();
  void copy_listener(const pipeline::listener& of);
  void copy_outlet(const pipeline::outlet& of);
  void copy_target(const pipeline::target& of);
  void copy_source();
  void copy_heartbeat(const postgres::heartbeat_view& of);
  void copy_snapshot();
  void copy_sink();

  pipe& of_;
  async::task_registry& tasks_;
  metrics::registry& into_;
  metrics::registry::registration copying_;
};

}  // namespace weir::app
