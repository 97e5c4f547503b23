#pragma once

#include <base/lsn.hpp>
#include <event/snapshot_progress.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>

namespace weir::event {

/// What must survive the process. One record for each key `{database}/{slot}`; that of a snapshot has the key
/// `{database}/{slot}/snapshot`.
struct stored_position {
  std::string system_identifier;  ///< IDENTIFY_SYSTEM's, decimal
  std::uint32_t timeline = 0;
  lsn at;                 ///< confirmed: everything before it is in the sink
  std::uint64_t run = 0;  ///< the newest run that was started

  bool operator==(const stored_position&) const = default;
};

/// What a store holds for one key.
struct stored_state {
  std::optional<stored_position> position;
  std::optional<snapshot_progress> snapshot;
};

/// Keeps positions where they outlive the process: a compacted topic, a file, or nowhere. Asio-free; the
/// callbacks run on the loop, exactly once, never inside the call.
class state_store {
 public:
  using loaded = std::function<void(std::exception_ptr, stored_state)>;
  using saved = std::function<void(std::exception_ptr)>;

  virtual ~state_store() = default;
  virtual void load(const std::string& key, loaded then) = 0;
  /// Durable when `then` is called without an error. At most one save of either kind is under way.
  virtual void save(const std::string& key, const stored_position& what, saved then) = 0;
  virtual void save(const std::string& key, const snapshot_progress& what, saved then) = 0;
  /// False for `WEIR_STATE=none`: nothing is known at start and nothing is checked.
  [[nodiscard]] virtual bool remembers() const = 0;
};

}  // namespace weir::event
