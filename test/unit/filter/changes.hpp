#pragma once

#include <event/change.hpp>
#include <filter/bound_filter.hpp>
#include <filter/program.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// Tables, changes and decisions in as few words as a test wants to read.
namespace weir::filter::testing {

namespace oid {
inline constexpr std::uint32_t boolean = 16, int4 = 23, text = 25, jsonb = 3802, numeric = 1700,
                               timestamptz = 1184;
}  // namespace oid

inline const event::value null{};
inline const event::value unchanged{event::value::state::unchanged, {}};
inline event::value text(std::string_view of) { return {event::value::state::text, of}; }

struct column {
  std::string name;
  std::uint32_t type = oid::text;
  bool is_identity = false;
};

inline event::relation table(std::vector<column> columns,
                             event::replica_identity identity = event::replica_identity::by_default) {
  event::relation made;
  made.schema = "public";
  made.name = "orders";
  made.identity = identity;
  made.version = 7;
  for (const auto& each : columns)
    made.columns.push_back(
        {each.name, each.type, each.type, -1, each.is_identity || identity == event::replica_identity::full});
  return made;
}

/// `orders(id int primary key, status text, n int, body jsonb)`
inline event::relation orders(event::replica_identity identity = event::replica_identity::by_default) {
  return table({{"id", oid::int4, true}, {"status"}, {"n", oid::int4}, {"body", oid::jsonb}}, identity);
}

inline event::transaction transaction() {
  event::transaction made;
  made.xid = 555;
  made.final_lsn = lsn(0x16'B374'D848);
  made.commit_time = wall_time(std::chrono::microseconds(1'559'033'904'863'123));
  return made;
}

using row = std::vector<event::value>;

/// One change and everything that it points to.
struct change_of {
  event::transaction within = transaction();
  row before, after;
  event::change what;

  change_of(event::operation op, row old_row, row new_row, event::old_row before_is = event::old_row::none)
      : before(std::move(old_row)), after(std::move(new_row)) {
    what.op = op;
    what.within = &within;
    what.seq = 1;
    what.before_is = before_is;
    what.before = before;
    what.after = after;
  }
  change_of(const change_of&) = delete;
  change_of& operator=(const change_of&) = delete;
  ~change_of() = default;
};

inline change_of created(row new_row) { return {event::operation::create, {}, std::move(new_row)}; }
inline change_of updated(row new_row) { return {event::operation::update, {}, std::move(new_row)}; }
inline change_of updated_fully(row old_row, row new_row) {
  return {event::operation::update, std::move(old_row), std::move(new_row), event::old_row::full};
}
inline change_of removed(row old_row, event::old_row before_is = event::old_row::identity) {
  return {event::operation::remove, std::move(old_row), {}, before_is};
}

inline program compiled(std::string_view text) {
  auto made = program::compile(text);
  if (const auto* const found = std::get_if<problems>(&made)) FAIL(text << ": " << found->front().what);
  return std::get<program>(std::move(made));
}

inline bound_filter bound(std::string_view text, const event::relation& to) {
  auto made = bound_filter::bind(compiled(text), to);
  if (const auto* const found = std::get_if<problems>(&made)) FAIL(text << ": " << found->front().what);
  return std::get<bound_filter>(std::move(made));
}

/// All mistakes of compiling and, if there are none, of binding, each as `line:column what`.
inline std::vector<std::string> mistakes(std::string_view text, const event::relation& of) {
  const auto told = [](const problems& found) {
    std::vector<std::string> made;
    for (const auto& each : found)
      made.push_back(std::to_string(each.line) + ":" + std::to_string(each.column) + " " + each.what);
    return made;
  };
  auto made = program::compile(text);
  if (const auto* const found = std::get_if<problems>(&made)) return told(*found);
  auto result = bound_filter::bind(std::get<program>(made), of);
  if (const auto* const found = std::get_if<problems>(&result)) return told(*found);
  return {};
}

/// "keep", "drop", or the sentence of an error.
inline std::string said(const decision& of) {
  if (of.is == decision::kind::error) return of.what;
  return of.is == decision::kind::keep ? "keep" : "drop";
}

inline std::string said(std::string_view text, const event::relation& table, const change_of& change) {
  change_of told{change.what.op, change.before, change.after, change.what.before_is};
  told.what.table = &table;
  return said(bound(text, table).decide(told.what));
}

}  // namespace weir::filter::testing
