#pragma once

/// weir::metrics: every figure that Weir publishes, as one table, in Prometheus' text format.
/// Hot paths count in plain integers of their own and copy them in `registry::before_render`.

#include <metrics/metrics_table.hpp>
#include <metrics/registry.hpp>
