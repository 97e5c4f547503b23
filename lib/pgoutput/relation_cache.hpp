#pragma once

#include <event/relation.hpp>

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace weir::pgoutput {

/// For event::relation::version: unique for the life of the process.
[[nodiscard]] std::uint64_t new_version();

/// The tables of one connection by OID, as the server defined them last. The server defines a table again after
/// every invalidation (an ANALYZE is enough), mostly in the same words.
class relation_cache {
 public:
  /// Null when the server has not defined the table on this connection, or its definition is not complete yet.
  [[nodiscard]] const event::relation* find(std::uint32_t oid) const {
    if (last_ != nullptr && last_->oid == oid) return last_;  // rows come in runs of one table
    return find_slowly(oid);
  }

  /// True when the table is known by exactly this definition, whatever the catalog added to it.
  [[nodiscard]] bool knows(const event::relation& defined) const;

  /// From now on the table is this.
  void put(std::shared_ptr<const event::relation> table);
  void forget(std::uint32_t oid);

  [[nodiscard]] std::size_t size() const { return tables_.size(); }
  /// In no order.
  [[nodiscard]] std::vector<std::uint32_t> oids() const;

 private:
  [[nodiscard]] const event::relation* find_slowly(std::uint32_t oid) const;

  std::unordered_map<std::uint32_t, std::shared_ptr<const event::relation>> tables_;
  mutable const event::relation* last_ = nullptr;
};

}  // namespace weir::pgoutput
