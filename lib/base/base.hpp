#pragma once

/// weir::base: the words that every other folder uses (lsn, failure, clock, backoff, sizes, logging).
/// Knows nothing of sockets, PostgreSQL or Kafka.

namespace weir {

/// The version that `weir version`, the logs and every record's `source.version` name.
inline constexpr const char* version = WEIR_VERSION;

}  // namespace weir
