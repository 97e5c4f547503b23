#pragma once

#include <event/change.hpp>

namespace weir::event {

/// Where a source puts what it read, in the order of the stream. Synchronous: nothing here waits, so a source
/// asks the byte budget for room before the call. Throws weir::failure to end the session.
class intake {
 public:
  virtual ~intake() = default;
  virtual void begin(const transaction& opened) = 0;
  /// Inside a transaction, or a non-transactional message outside of one.
  virtual void admit(const change& what) = 0;
  /// `end` is COMMIT's end_lsn: the LSN that may be confirmed once all of it is settled.
  virtual void commit(lsn end) = 0;
  /// The stream has passed `at` and nothing before it is still to come (a keep-alive).
  virtual void advance(lsn at) = 0;
};

/// Where changes come from: PostgreSQL now, files and containers later. A source runs as a task of its own,
/// drives an intake, and is told what it may forget.
class source {
 public:
  virtual ~source() = default;
  /// Everything up to `stored` is in the sink and the state store says so. Never goes back.
  virtual void confirm(lsn stored) = 0;
};

}  // namespace weir::event
