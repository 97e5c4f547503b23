#include <pgoutput/relation_cache.hpp>

#include <algorithm>
#include <atomic>

namespace weir::pgoutput {

std::uint64_t new_version() {
  static std::atomic<std::uint64_t> newest = 0;
  return ++newest;
}

namespace {

bool is_same_on_the_wire(const event::column& one, const event::column& other) {
  return one.name == other.name && one.type_oid == other.type_oid && one.type_modifier == other.type_modifier &&
         one.is_identity == other.is_identity;
}

}  // namespace

const event::relation* relation_cache::find_slowly(std::uint32_t oid) const {
  const auto found = tables_.find(oid);
  if (found == tables_.end()) return nullptr;
  last_ = found->second.get();
  return last_;
}

bool relation_cache::knows(const event::relation& defined) const {
  const auto* known = find(defined.oid);
  return known != nullptr && known->schema == defined.schema && known->name == defined.name &&
         known->identity == defined.identity &&
         std::ranges::equal(known->columns, defined.columns, is_same_on_the_wire);
}

std::vector<std::uint32_t> relation_cache::oids() const {
  std::vector<std::uint32_t> all;
  all.reserve(tables_.size());
  for (const auto& [oid, table] : tables_) all.push_back(oid);
  return all;
}

void relation_cache::put(std::shared_ptr<const event::relation> table) {
  last_ = nullptr;
  tables_[table->oid] = std::move(table);
}

void relation_cache::forget(std::uint32_t oid) {
  last_ = nullptr;
  tables_.erase(oid);
}

}  // namespace weir::pgoutput
