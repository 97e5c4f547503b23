#pragma once

#include <functional>

namespace weir::metrics {

class registry;

/// A copier for `registry::before_render`: the process's own figures from /proc, under the names that every
/// Prometheus client uses. What /proc does not tell keeps its last value.
[[nodiscard]] std::function<void()> copy_process_figures(registry& into);

}  // namespace weir::metrics
