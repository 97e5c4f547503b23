#pragma once

/// weir::config: the environment becomes one immutable typed value, or a report of every mistake in it at once.
/// One table (settings_table.hpp) yields the parser, the checks, `weir settings` and the operator's
/// documentation. Knows nothing of sockets, PostgreSQL or Kafka: what only they can judge comes in as a check
/// from the program.

#include <config/load.hpp>
#include <config/render.hpp>
#include <config/settings.hpp>
