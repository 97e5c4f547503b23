#pragma once

namespace weir::app {

/// What the process says when it ends.
enum class exit_code : int {
  clean = 0,
  failed = 1,         ///< at run time, after a stream had started
  configuration = 2,  ///< settings, or what an operator must set right before a first stream can start
  forced = 3,         ///< the stop took longer than WEIR_STOP_TIMEOUT, or a second signal came
  refused = 4,        ///< going on would lose or skip data
};

}  // namespace weir::app
