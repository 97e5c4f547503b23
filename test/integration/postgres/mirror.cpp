#include "mirror.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

namespace weir::postgres {
namespace {

std::string key_of(const event::relation& table, event::row row) {
  std::string key;
  for (const auto column : table.key) key += (key.empty() ? "" : ",") + std::string{row[column].text};
  return key;
}

std::string cell_of(const event::value& value) {
  switch (value.is) {
    case event::value::state::null:
      return "-";
    case event::value::state::unchanged:
      return "?";
    case event::value::state::text:
      break;
  }
  return std::string{value.text};
}

}  // namespace

void mirror::admit(const event::change& what) {
  if (what.within != nullptr) newest_change = what.within->final_lsn;
  if (what.table != nullptr) apply(what);
  changed_.notify_all();
}

void mirror::apply(const event::change& what) {
  auto& table = tables_[what.table->name];
  if (!what.before.empty()) table.erase(key_of(*what.table, what.before));
  if (what.op == event::operation::remove) return;
  auto& row = table[key_of(*what.table, what.after)];
  row.resize(what.after.size(), "?");
  for (std::size_t i = 0; i < what.after.size(); ++i) {
    if (what.after[i].is != event::value::state::unchanged) row[i] = cell_of(what.after[i]);
  }
}

void mirror::commit(lsn at) {
  end = at;
  changed_.notify_all();
}

void mirror::advance(lsn at) {
  end = at;
  changed_.notify_all();
}

void mirror::range_begins(const snapshot_range& what) {
  if (!open_.emplace(what.number, 0).second) throw std::logic_error{"a range began twice"};
}

void mirror::admit(const snapshot_range& of, const event::change& what) {
  if (what.op != event::operation::read || what.snapshot == nullptr || what.within != nullptr) {
    throw std::logic_error{"a row of a snapshot is none"};
  }
  if (newest_change >= what.snapshot->at)
    throw std::logic_error{"a change came before the row that it changes"};
  ++open_.at(of.number);
  const auto key = what.table->name + " " + key_of(*what.table, what.after);
  ++times_read[key];
  read.push_back(key + " " + std::string{to_string(what.snapshot->marker)});
  apply(what);
  changed_.notify_all();
}

void mirror::range_ends(const snapshot_range& what) {
  if (open_.erase(what.number) != 1) throw std::logic_error{"a range ended that was not open"};
  if (on_range) on_range(what);
  changed_.notify_all();
}

void mirror::forget_reads() {
  read.clear();
  times_read.clear();
  open_.clear();
}

async::awaitable<> mirror::until(std::function<bool()> holds) {
  while (!holds()) co_await changed_.wait();
}

std::vector<std::string> mirror::rows(const std::string& table) const {
  std::vector<std::string> all;
  const auto found = tables_.find(table);
  if (found == tables_.end()) return all;
  for (const auto& [key, row] : found->second) all.push_back(fmt::format("{}", fmt::join(row, " | ")));
  std::sort(all.begin(), all.end());
  return all;
}

bool mirror::has(const std::string& table, const std::string& key) const {
  const auto found = tables_.find(table);
  return found != tables_.end() && found->second.contains(key);
}

}  // namespace weir::postgres
