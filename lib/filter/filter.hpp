#pragma once

/// weir::filter: expressions in CEL that say which changes and which transactions a listener takes. Compiled
/// once, checked against the columns of a table, decided without I/O. The language as an operator sees it:
/// README.md here.

#include <filter/bound_filter.hpp>
#include <filter/program.hpp>
#include <filter/transaction_filter.hpp>
