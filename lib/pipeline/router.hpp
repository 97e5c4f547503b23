#pragma once

#include <encode/table_plan.hpp>
#include <encode/value_modes.hpp>
#include <event/relation.hpp>
#include <filter/bound_filter.hpp>
#include <pipeline/avro_way.hpp>
#include <pipeline/schema_book.hpp>
#include <pipeline/topology.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
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

/// Records that are the same for several targets: encoded once. They share key, format and columns.
struct encoding {
  encode::record_format format = encode::record_format::debezium;
  std::optional<encode::table_plan> plan;  ///< none: logical messages, or see `problem`
  std::string problem;                     ///< why the table cannot be encoded so; empty: it can
  const char* problem_code = "KEY";        ///< of the refusals that `problem` makes
  std::optional<avro_way> avro;            ///< only with that format
  std::vector<way_out> ways;
};

/// What becomes of the changes of one version of one table, or of logical messages. Worked out once; a change
/// then costs its filters and encodings. Nobody takes it when there are no takers.
struct route {
  std::uint64_t version = 0;
  std::vector<taker> takers;
  std::vector<encoding> encodings;
  std::vector<encoding> grouped;  ///< ways whose listener groups by transaction
  steady_time last_used;
};

/// Knows the route of every table that speaks.
class router {
 public:
  /// `prefix`: of topics, for the names of schemas.
  router(topology& of, const schema_book& schemas, std::string prefix, encode::value_modes values)
      : topology_(of), schemas_(schemas), prefix_(std::move(prefix)), values_(std::move(values)) {}

  /// Throws what opening a topic throws.
  route& of(const event::relation& table, steady_time now);
  route& of_messages(steady_time now);
  /// Schemas that records of the table (null: of logical messages) need and that nobody has registered in this
  /// run. Makes no route. Throws what opening a topic throws.
  [[nodiscard]] std::vector<wanted_schema> missing_schemas(const event::relation* table);

  /// Routes that nothing used for `idle` go; they are made again when they are missed.
  void retire_idle(steady_time now, steady_clock::duration idle);
  /// Those that a route leads to.
  [[nodiscard]] std::unordered_set<const lane*> lanes() const;
  void clear();
  [[nodiscard]] std::size_t size() const { return routes_.size(); }

 private:
  route make(const event::relation* table);
  void add_way(route& into, const event::relation* table, std::size_t taker, outlet& to);
  encoding& encoding_for(route& in, const event::relation* table, const outlet& to) const;
  void bind_avro(encoding& of, const event::relation* table, const way_out& way) const;

  topology& topology_;
  const schema_book& schemas_;
  std::string prefix_;
  encode::value_modes values_;
  std::unordered_map<std::uint32_t, route> routes_;  ///< by the relation's OID
  std::optional<route> messages_;
};

}  // namespace weir::pipeline
