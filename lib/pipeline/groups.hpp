#pragma once

#include <async/byte_budget.hpp>
#include <event/settlement.hpp>
#include <filter/transaction_filter.hpp>
#include <pipeline/group.hpp>
#include <pipeline/topology.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir::pipeline {

/// What groups may hold of the byte budget before they spill: one part of so many; the rest is for what is on
/// its way.
inline constexpr bytes group_share_of_budget = 4;

/// A transaction whose records are on their way to one target.
struct closed_group {
  group content;
  event::share hold;      ///< of the whole; each part takes one of its own
  event::transaction of;  ///< without its origin
  std::uint64_t count = 0;
  std::string undecided;  ///< why the transaction filter gave no answer; empty: it takes it
};

/// The transactions that listeners with `group_by: "transaction"` collect: at most one open for each outlet,
/// and closed ones in commit order until the byte budget has room for their records.
class group_queues {
 public:
  group_queues(async::byte_budget& budget, const group_options& with, topology& of);
  ~group_queues();
  group_queues(const group_queues&) = delete;
  group_queues& operator=(const group_queues&) = delete;

  /// The change's envelope for one outlet. Throws weir::failure when memory and spill are used up.
  void add(outlet& to, std::string_view json, const event::change& what, event::ticket& admitted);
  /// Counts the change for its listener's transaction filter: once, however many targets it has.
  void count(std::size_t listener, const event::change& what);
  struct undecided {
    outlet* by = nullptr;
    std::string why;
    event::share hold;
  };
  /// COMMIT: transaction filters decide, and what stays is closed. What a filter could not decide is closed,
  /// too, where the listener keeps it or wants dead letters of it; else its content is gone, and it is
  /// returned.
  [[nodiscard]] std::vector<undecided> commit(const event::transaction& of);

  /// The outlet whose first closed group comes next, with that group; null when there is none.
  [[nodiscard]] closed_group* first(const outlet& of);
  void pop(const outlet& of);
  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  [[nodiscard]] bytes spilled() const { return space_.spilled(); }
  [[nodiscard]] bytes spilled_total() const { return space_.spilled_total(); }
  /// Brings what groups hold in memory into the byte budget.
  void charge();
  /// The open transaction will not be committed in this run.
  void forget_open();
  /// Forgets everything.
  void clear();

 private:
  struct facts {
    std::map<std::string, std::uint64_t, std::less<>> tables;
    std::map<std::string, std::uint64_t, std::less<>> operations;
    std::uint64_t count = 0;
  };
  struct queue {
    std::optional<group> open;
    event::share hold;
    std::deque<closed_group> closed;
  };
  [[nodiscard]] filter::decision decide(std::size_t listener, const event::transaction& of) const;
  void close(outlet& to, queue& its, const event::transaction& of, std::string undecided = {});

  async::byte_budget& budget_;
  topology& topology_;
  group_space space_;
  std::vector<std::optional<filter::transaction_filter>> filters_;  ///< by listener
  std::vector<facts> facts_;                                        ///< by listener, of the open transaction
  std::vector<queue> queues_;                                       ///< by outlet
  std::string table_name_;
  std::size_t waiting_ = 0;
  bytes charged_ = 0;
};

}  // namespace weir::pipeline
