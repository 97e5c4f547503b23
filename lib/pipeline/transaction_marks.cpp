#include <pipeline/transaction_marks.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace weir::pipeline {

void transaction_marks::begin(const event::transaction& of) {
  id_ = encode::transaction_id(of);
  at_ = of.commit_time;
  events_ = 0;
  has_begun_ = false;
  tables_.clear();
}

bool transaction_marks::starts() { return !std::exchange(has_begun_, true); }

encode::transaction_order transaction_marks::next(const event::change& what) const {
  const auto known = what.table == nullptr ? tables_.end() : tables_.find(what.table->oid);
  return {id_, events_ + 1, known == tables_.end() ? 1 : known->second.events + 1};
}

void transaction_marks::took(const event::change& what, std::uint64_t events) {
  events_ += events;
  if (what.table == nullptr) return;
  auto& its = tables_[what.table->oid];
  if (its.name.empty()) its.name = what.table->schema + "." + what.table->name;
  its.events += events;
}

encode::transaction_record transaction_marks::begin_record() const {
  return encode::transaction_begin(id_, at_);
}

encode::transaction_record transaction_marks::end_record() const {
  std::vector<encode::collection_count> all;
  for (const auto& [oid, each] : tables_) all.push_back(each);
  std::sort(all.begin(), all.end(), [](const auto& one, const auto& other) { return one.name < other.name; });
  return encode::transaction_end(id_, at_, all);
}

}  // namespace weir::pipeline
