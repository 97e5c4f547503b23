#pragma once

#include <event/change.hpp>
#include <event/relation.hpp>
#include <filter/decision.hpp>
#include <filter/program.hpp>

#include <cstdint>
#include <memory>
#include <variant>

namespace weir::filter {

/// A program resolved against one version of one table (column positions, types, replica identity), or against
/// logical messages, which have no table. Movable. It keeps scratch memory between decisions, so one belongs to
/// one loop; everything that it needs of the program and of the relation it holds itself.
class bound_filter {
 public:
  /// Refused, with all mistakes: an unknown column, types that do not fit, `old.x` or `changed(new.x)` of a
  /// column that the replica identity does not cover.
  [[nodiscard]] static std::variant<bound_filter, problems> bind(const program& what,
                                                                 const event::relation& table);

  /// For logical messages: `new` and `old` are null and any column of them is an error of the evaluation, so
  /// that `op == 'm' || new.status == 'paid'` serves both kinds of change. Cannot be refused.
  [[nodiscard]] static bound_filter bind_to_messages(const program& what);

  bound_filter(bound_filter&&) noexcept;
  bound_filter& operator=(bound_filter&&) noexcept;
  ~bound_filter();

  /// `of` is of the table that this was bound to, in the same version (or a message). Never throws; does not
  /// allocate unless lists, maps, JSON or new strings are made. Only columns that are needed for the answer are
  /// decoded. Work is bounded whatever the row holds: beyond the bound the answer is an error.
  [[nodiscard]] decision decide(const event::change& of) const noexcept;

  /// event::relation::version of the table; 0 for messages.
  [[nodiscard]] std::uint64_t version() const noexcept;

 private:
  struct state;
  explicit bound_filter(std::unique_ptr<state> made);

  std::unique_ptr<state> state_;
};

}  // namespace weir::filter
