#pragma once

#include <base/clock.hpp>
#include <base/lsn.hpp>
#include <event/settlement.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::pipeline {

/// What is known of a transaction for as long as it is not settled.
struct transaction_note {
  std::uint32_t xid = 0;
  wall_time commit_time{};
};

/// Which transactions are fully settled, contiguously? The only code that computes the LSN to confirm.
///
/// Entries stand in the order of the stream: transactions, non-transactional messages, and keep-alives as empty
/// entries. The confirmed LSN is the end of the longest settled prefix; adjacent settled entries merge, so the
/// ledger is as long as what is unsettled. Ranges of a snapshot are entries beside that order. Nothing ever
/// settles by age. Entries live in a slab, linked by
/// index, and a token names slot and generation: one of an earlier run settles nothing.
class ledger final : public event::settlement {
 public:
  /// A new run: everything unsettled is forgotten (the stream sends it again) and `from` is confirmed.
  void restart(lsn from);

  /// BEGIN. At most one transaction is open.
  event::entry_token open(steady_time now, const transaction_note& of = {});
  /// COMMIT of the open transaction: `end` is its end_lsn, exactly, and may be confirmed once all is settled.
  void commit(lsn end);
  /// A non-transactional message is an entry of its own: opened before its records are made, closed after.
  event::entry_token open_message(steady_time now);
  /// `at` is the message's LSN, which may be confirmed once its records are settled.
  void close_message(event::entry_token message, lsn at);
  /// A range of a snapshot stands beside the stream: it holds no LSN back, and none follows from it. Many may
  /// be open at once. `number` comes back from `take_settled_ranges`.
  event::entry_token open_range(steady_time now, std::uint64_t number);
  /// All records of the range are made.
  void close_range(event::entry_token range);
  /// The ranges that were settled since the last call: closed, and every record of them ended well.
  [[nodiscard]] std::vector<std::uint64_t> take_settled_ranges();
  [[nodiscard]] bool is_of_range(event::entry_token token) const;
  /// Opened and not settled.
  [[nodiscard]] std::size_t open_ranges() const { return ranges_; }

  /// A keep-alive: the stream has passed `at`. Below the highest LSN known it changes nothing; inside an open
  /// transaction it stands before it.
  void advance(lsn at);

  void hold(event::entry_token entry) override;
  void settle(event::entry_token entry, event::outcome how) noexcept override;
  void abandon(event::entry_token entry) noexcept override;

  [[nodiscard]] lsn confirmed() const { return confirmed_; }
  /// Nothing is unsettled; an open transaction counts as unsettled.
  [[nodiscard]] bool is_settled() const { return first_ == none; }
  /// Nothing admitted waits for an outcome; an open transaction without records out does not count.
  [[nodiscard]] bool has_nothing_out() const { return held_ == 0; }
  [[nodiscard]] bool has_open_transaction() const { return open_ != none; }
  [[nodiscard]] std::size_t entries() const { return live_; }
  /// Shares and tickets without an outcome.
  [[nodiscard]] std::uint64_t held() const { return held_; }
  [[nodiscard]] std::uint64_t abandoned() const { return abandoned_; }
  /// Outcomes that counted for nothing: of an earlier run, or of an entry with nothing out.
  [[nodiscard]] std::uint64_t stale() const { return stale_; }
  /// Null for a message outside of a transaction, and when the token is of an earlier run. Until the next
  /// change.
  [[nodiscard]] const transaction_note* note_of(event::entry_token token) const;
  /// When the oldest unsettled entry was opened; steady_time::max() when there is none.
  [[nodiscard]] steady_time oldest() const;

 private:
  using index = std::uint32_t;
  static constexpr index none = UINT32_MAX;

  struct entry {
    std::uint32_t generation = 0;
    index previous = none;
    index next = none;
    lsn end{};
    std::uint64_t held = 0;
    bool is_live = false;
    bool is_closed = false;
    bool is_abandoned = false;
    bool is_range = false;
    steady_time opened{};
    transaction_note of{};
    std::uint64_t number = 0;  ///< of a range

    [[nodiscard]] bool is_settled() const { return is_closed && held == 0 && !is_abandoned; }
  };

  [[nodiscard]] event::entry_token token_of(index at) const;
  /// The entry that the token names, or none when it is of an earlier run.
  [[nodiscard]] index find(event::entry_token token) const noexcept;
  /// The same while something of it is still out: who settles twice settles nothing.
  [[nodiscard]] index find_held(event::entry_token token) const noexcept;
  [[nodiscard]] index make_entry(steady_time now);
  index insert_before(index next, steady_time now);
  void remove(index at) noexcept;
  void release(index at) noexcept;
  /// What is settled now goes: into its neighbours, or among the settled ranges.
  void settled(index at) noexcept;
  void close(index at, lsn end);
  void merge_settled(index at) noexcept;
  void confirm_prefix() noexcept;

  std::vector<entry> slab_;
  std::vector<index> free_;
  index first_ = none;
  index last_ = none;
  index open_ = none;
  lsn confirmed_;
  lsn highest_;
  std::size_t live_ = 0;
  std::uint64_t held_ = 0;
  std::uint64_t abandoned_ = 0;
  std::uint64_t stale_ = 0;
  std::size_t ranges_ = 0;
  std::vector<std::uint64_t> settled_ranges_;
};

}  // namespace weir::pipeline
