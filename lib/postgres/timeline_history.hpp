#pragma once

#include <base/lsn.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace weir::postgres {

/// The ancestors of a timeline and where the history left each of them: the answer to TIMELINE_HISTORY.
/// Format: lines of `<timeline> TAB <switch point> TAB <reason>`; `#` starts a comment (timeline.c).
class timeline_history {
 public:
  /// Throws weir::failure (corrupt) with the line that is not understood.
  static timeline_history parse(std::string_view content);

  /// Where `timeline` was left; none when it is no ancestor.
  [[nodiscard]] std::optional<lsn> switch_point(std::uint32_t timeline) const;

 private:
  struct step {
    std::uint32_t timeline;
    lsn left_at;
  };
  std::vector<step> steps_;
};

}  // namespace weir::postgres
