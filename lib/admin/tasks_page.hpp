#pragma once

#include <async/task_registry.hpp>

#include <string>
#include <vector>

namespace weir::admin {

/// `{"tasks": 12, "groups": [{"name", "count", "oldest_seconds", "last_resume_seconds", "waits": {what:
/// count}}]}`, the largest group first. `last_resume_seconds` is of the task of the group that has not run for
/// longest; the wait "" is a task that runs.
[[nodiscard]] std::string tasks_as_json(std::vector<async::task_group> groups, steady_time now);

/// The same as columns for a terminal.
[[nodiscard]] std::string tasks_as_text(std::vector<async::task_group> groups, steady_time now);

}  // namespace weir::admin
