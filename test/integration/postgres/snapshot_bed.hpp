#pragma once

#include "mirror.hpp"
#include "stream_bed.hpp"

#include <base/failure.hpp>
#include <postgres/snapshot_reader.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace weir::postgres {

/// A server, a stream that runs into a mirror, and snapshots beside it.
class snapshot_bed : public stream_bed {
 public:
  using stream_bed::stream_bed;

  using body = std::function<async::awaitable<>(async::self, replication_stream&, mirror&)>;
  /// Makes publication and slot (unless they are there), runs the stream, and `test` beside it.
  void run(body test);

  [[nodiscard]] snapshot_settings reading() const;

  /// A whole attempt: open, read, settle each range that ended, release. `stop_after` ranges are settled: the
  /// rest of the attempt is then given up, as a killed process would. Returns what would have been stored.
  async::awaitable<event::snapshot_progress> attempt(async::self me, replication_stream& stream, mirror& into,
                                                     event::snapshot_progress so_far,
                                                     std::optional<std::size_t> stop_after = std::nullopt);
  /// Waits until the mirror has what is committed now.
  async::awaitable<> catch_up(mirror& into);

  /// The table's rows as the mirror writes them.
  [[nodiscard]] std::vector<std::string> rows(const std::string& table);

  snapshot_settings with;                        ///< set by `run`; a test may change it inside
  std::function<void()> on_range;                ///< called at the end of each range
  std::function<void(snapshot_state)> on_state;  ///< called when an attempt's state was seen to change

 private:
  async::awaitable<> watch(async::self me, const snapshot_reader& reader);
};

}  // namespace weir::postgres
