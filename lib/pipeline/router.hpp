#pragma once

#include <encode/table_plan.hpp>
#include <event/relation.hpp>
#include <filter/bound_filter.hpp>
#include <pipeline/topology.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace weir::pipeline {

/// One way for the records of one table.
struct way_out {
  outlet* to = nullptr;
  std::size_t taker = 0;  ///< index into route::takers
  lane* by = nullptr;     ///< null: the topic depends on the row, or on `problem`
  std::string problem;    ///< why this table's records have no topic; empty: they have
};

/// A listener that takes the table.
struct taker {
  std::size_t number = 0;  ///< of the listener
  listener* who = nullptr;
  std::optional<filter::bound_filter> filter;
  std::string problem;  ///< why its filter does not fit the table; empty: it fits
};

/// Records that are the same for several targets: encoded once.
struct encoding {
  std::optional<encode::table_plan> plan;  ///< none: logical messages, or see `problem`
  std::string problem;                     ///< why the table cannot be encoded so; empty: it can
  std::vector<way_out> ways;
};

/// What becomes of the changes of one version of one table, or of logical messages. Worked out once; a change
/// then costs its filters and encodings. Nobody takes it when there are no takers.
struct route {
  std::uint64_t version = 0;
  std::vector<taker> takers;
  std::vector<encoding> encodings;
  std::optional<encoding> grouped;  ///< ways whose listener groups by transaction
  steady_time last_used;
};

/// Knows the route of every table that speaks.
class router {
 public:
  explicit router(topology& of) : topology_(of) {}

  /// Throws what opening a topic throws.
  route& of(const event::relation& table, steady_time now);
  route& of_messages(steady_time now);

  /// Routes that nothing used for `idle` go; they are made again when they are missed.
  void retire_idle(steady_time now, steady_clock::duration idle);
  /// Those that a route leads to.
  [[nodiscard]] std::unordered_set<const lane*> lanes() const;
  void clear();
  [[nodiscard]] std::size_t size() const { return routes_.size(); }

 private:
  route make(const event::relation* table);
  void add_way(route& into, const event::relation* table, std::size_t taker, outlet& to);
  static encoding& encoding_for(route& in, const event::relation* table, const target_options& of,
                                bool is_grouped);

  topology& topology_;
  std::unordered_map<std::uint32_t, route> routes_;  ///< by the relation's OID
  std::optional<route> messages_;
};

}  // namespace weir::pipeline
