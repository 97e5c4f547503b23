#pragma once

#include <stdexcept>
#include <string>

namespace weir {

/// What the owner of a session does about a failure that ended it.
enum class verdict {
  retry,      ///< can pass by itself: wait with backoff and come again, for as long as it takes
  permanent,  ///< an operator must act (wrong password, no permission): end after WEIR_PERMANENT_GRACE
  refuse,     ///< going on would lose or skip data: end at once with exit code 4
  corrupt,    ///< input that Weir does not understand: stop the stream, never guess; ends like `permanent`
};

/// Ends a session. `what()` is a whole sentence for the operator: what happened, to which object, with which
/// numbers, and what to do. It never holds a secret.
class failure : public std::runtime_error {
 public:
  /// `reason` is a short bounded label (metrics, /ready), like "authentication" or "slot_lost".
  failure(verdict decision, std::string reason, const std::string& sentence)
      : std::runtime_error(sentence), decision_(decision), reason_(std::move(reason)) {}

  [[nodiscard]] verdict decision() const noexcept { return decision_; }
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

 private:
  verdict decision_;
  std::string reason_;
};

}  // namespace weir
