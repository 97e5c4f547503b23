#include <async/task_registry.hpp>

#include <algorithm>
#include <string_view>

namespace weir::async {

task_registry::entry task_registry::add(std::string name) {
  const auto now = steady_clock::now();
  return rows_.insert(rows_.end(), task_row{std::move(name), {}, now, now, steady_time::max()});
}

std::vector<task_group> task_registry::grouped() const {
  std::map<std::string_view, task_group> groups;
  for (const auto& row : rows_) {
    auto& group = groups[row.name];
    if (group.count++ == 0) {
      group.name = row.name;
      group.oldest_start = row.started;
      group.oldest_resume = row.last_resume;
    }
    group.oldest_start = std::min(group.oldest_start, row.started);
    group.oldest_resume = std::min(group.oldest_resume, row.last_resume);
    ++group.waits[row.waits_for];
  }
  std::vector<task_group> all;
  all.reserve(groups.size());
  for (auto& [name, group] : groups) all.push_back(std::move(group));
  return all;
}

std::vector<task_row> task_registry::overdue(steady_time now, steady_clock::duration grace) const {
  std::vector<task_row> late;
  for (const auto& row : rows_) {
    if (row.due != steady_time::max() && row.due < now - grace) late.push_back(row);
  }
  return late;
}

self::waiting::waiting(task_registry::entry row, const char* what, steady_clock::duration bound) : row_(row) {
  row_->waits_for = what;
  row_->due = bound == idle ? steady_time::max() : steady_clock::now() + bound;
}

self::waiting::~waiting() {
  row_->waits_for.clear();
  row_->due = steady_time::max();
  row_->last_resume = steady_clock::now();
}

}  // namespace weir::async
