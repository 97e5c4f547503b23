#pragma once

#include <config/settings.hpp>
#include <event/snapshot_progress.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::app {

/// What is known when a stream starts.
struct snapshot_facts {
  bool has_position = false;  ///< the state held one
  bool remembers = true;      ///< there is a state: WEIR_STATE is not `none`
  bool made_slot = false;     ///< by this start
};

/// Whether a snapshot is due, of which tables, and what is to be stored about it. Decides only.
///
/// What was begun is always finished, whatever WEIR_SNAPSHOT says now. Tables that are asked for while one is
/// under way are taken together after it.
class snapshot_book {
 public:
  explicit snapshot_book(config::snapshot_kind kind) : kind_(kind) {}

  /// At each start of a stream, before its position is stored. True when a snapshot is planned now: the plan is
  /// to be stored before that position, so that a kill in between forgets neither.
  [[nodiscard]] bool begin(const snapshot_facts& facts, const std::optional<event::snapshot_progress>& stored,
                           std::uint64_t run);

  /// A snapshot is planned or under way.
  [[nodiscard]] bool is_due() const;
  /// WEIR_SNAPSHOT=only, and it is taken: nothing is left to do.
  [[nodiscard]] bool is_all_done() const;
  [[nodiscard]] const std::optional<event::snapshot_progress>& current() const { return current_; }

  /// What the reader has reached, queued orders aside.
  void reached(event::snapshot_progress now);
  /// The current one is done or given up: the next one is what was ordered meanwhile.
  void next();
  /// The current one cannot be taken; `why` is a sentence. Orders only: what the setting asks for is never
  /// given up.
  void give_up(std::string why);
  [[nodiscard]] bool is_ordered() const { return current_ && !current_->wanted.empty(); }

  /// Tables, or patterns of them, to be read. The number of the order.
  std::uint64_t order(const std::vector<std::string>& tables);

  /// What to store, with a serial of its own.
  [[nodiscard]] event::snapshot_progress record();
  void stored(std::uint64_t serial);
  [[nodiscard]] bool has_news() const { return has_news_; }

  struct counts {
    std::uint64_t taken = 0, stored = 0, ended = 0;  ///< orders, by the newest number
    std::string problem;                             ///< why the last one was given up
    std::uint64_t problem_of = 0;                    ///< the newest order that it is about
  };
  [[nodiscard]] const counts& orders() const { return orders_; }

 private:
  void plan(std::vector<std::string> tables);

  config::snapshot_kind kind_;
  std::optional<event::snapshot_progress> current_;
  std::vector<std::string> queued_;
  std::uint64_t run_ = 0;
  std::uint64_t serial_ = 0;
  std::uint64_t orders_in_current_ = 0;  ///< the newest order that it serves
  std::uint64_t orders_in_record_ = 0;   ///< ... that the newest record holds
  bool has_begun_ = false;               ///< this process has decided about WEIR_SNAPSHOT
  bool has_news_ = false;
  counts orders_;
};

}  // namespace weir::app
