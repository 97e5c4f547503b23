#pragma once

#include "position_keeper.hpp"
#include "snapshot_book.hpp"

#include <admin/server.hpp>
#include <async/blocking_pool.hpp>
#include <async/byte_budget.hpp>
#include <async/condition.hpp>
#include <async/task_scope.hpp>
#include <base/failure.hpp>
#include <config/settings.hpp>
#include <pipeline/flow.hpp>
#include <postgres/replication_stream.hpp>
#include <postgres/snapshot_reader.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weir::app {

/// What of snapshots is to be shown.
struct snapshot_view {
  bool is_active = false;
  postgres::snapshot_status now;  ///< of the attempt; idle when there is none
  std::uint64_t rows = 0;         ///< admitted since the start of the process
  std::uint64_t bytes = 0;
  std::size_t open_ranges = 0;
  std::uint64_t taken = 0;  ///< snapshots that this process finished
};

/// Rows that exist, beside the stream of changes: takes what is due when a run begins, and what is ordered
/// later, and stores how far it is only after the delivery reports. Lives as long as the process; each run of
/// the pipe has one task of it.
///
/// A snapshot that is interrupted, by whatever end of a run, goes on in the next one with what is not done.
class snapshot_run {
 public:
  snapshot_run(async::executor on, async::task_registry& tasks, async::blocking_pool& pool,
               const config::settings& with, position_keeper& keeper, pipeline::flow& flow,
               async::byte_budget& budget);

  [[nodiscard]] snapshot_book& book() { return book_; }
  [[nodiscard]] const snapshot_book& book() const { return book_; }

  /// WEIR_SNAPSHOT=only is done: called once, from the task.
  void when_all_done(std::function<void()> told) { all_done_ = std::move(told); }

  /// What a table needs before its first row is read; as for the stream.
  void prepare_tables_by(postgres::table_preparation how) { prepare_table_ = std::move(how); }

  /// Beside the stream, until cancelled. Throws weir::failure when the run has to end; the next one goes on.
  async::awaitable<> run(async::self me, postgres::replication_stream& stream);
  /// No row more is read. What was admitted still settles, and is stored while `run` lives.
  void stop();

  /// For POST /snapshot.
  [[nodiscard]] admin::taken_order order(const std::vector<std::string>& tables);

  [[nodiscard]] bool is_active() const { return book_.is_due(); }
  /// Why what WEIR_SNAPSHOT asks for cannot be taken, for /ready; empty: it can, or nobody knows yet.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// That has lasted for WEIR_PERMANENT_GRACE.
  [[nodiscard]] bool is_hopeless() const { return is_hopeless_; }
  [[nodiscard]] snapshot_view view() const;
  /// How far it is, for people: "table 2 of 5, 43 %, 120000 of about 280000 rows".
  [[nodiscard]] std::string progress() const;

 private:
  async::awaitable<> refuse(async::self me, failure why);
  async::awaitable<> take(async::self me, postgres::replication_stream& stream);
  async::awaitable<> follow(async::self me, postgres::snapshot_reader& reader, async::task_scope& reading);
  async::awaitable<> prepare_tables(async::self me, const postgres::snapshot_reader& reader);
  async::awaitable<> store(async::self me);
  void tell(steady_time now);

  async::executor on_;
  async::task_registry& tasks_;
  async::blocking_pool& pool_;
  const config::settings& with_;
  position_keeper& keeper_;
  pipeline::flow& flow_;
  async::byte_budget& budget_;
  snapshot_book book_;
  async::condition ordered_;
  std::function<void()> all_done_;
  postgres::table_preparation prepare_table_;

  postgres::snapshot_reader* reader_ = nullptr;  ///< of the attempt that is under way
  async::task_scope* reading_ = nullptr;
  bool is_stopping_ = false;
  std::uint64_t rows_of_ended_ = 0;
  std::uint64_t bytes_of_ended_ = 0;
  std::uint64_t taken_ = 0;
  steady_time next_told_{};
  std::string problem_;
  steady_time problem_since_{};
  bool is_hopeless_ = false;
};

}  // namespace weir::app
