#include "snapshot_run.hpp"

#include "wiring.hpp"

#include <base/failure.hpp>
#include <base/log.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

namespace weir::app {
namespace {

using namespace std::chrono_literals;

/// Records of progress at most this often: what a kill reads again is what was settled since the last one.
constexpr auto store_interval = 1s;
/// How often the log says how far it is.
constexpr auto told_to_a_file = 10s;
constexpr auto told_to_a_terminal = 1s;
/// The readers only have to unwind.
constexpr auto unwinding = 5s;

/// From the reader's ranges to the flow's.
class admission final : public postgres::snapshot_intake {
 public:
  explicit admission(pipeline::flow& into) : into_(into) {}

  void range_begins(const postgres::snapshot_range& what) override {
    open_[what.number] = into_.open_range(what.number);
  }
  void admit(const postgres::snapshot_range& of, const event::change& what) override {
    if (last_number_ != of.number) {
      last_ = open_.at(of.number);
      last_number_ = of.number;
    }
    into_.read(last_, what);
  }
  void range_ends(const postgres::snapshot_range& what) override {
    into_.close_range(open_.at(what.number));
    open_.erase(what.number);
    last_number_ = 0;
  }

 private:
  pipeline::flow& into_;
  std::map<std::uint64_t, event::entry_token> open_;
  std::uint64_t last_number_ = 0;  ///< rows come in batches of one range
  event::entry_token last_ = 0;
};

std::string names_of(const event::snapshot_progress& of) {
  return of.wanted.empty() ? std::string{"every published table"}
                           : fmt::format("{}", fmt::join(of.wanted, ", "));
}

/// Somebody has to mend it; trying again at once is of no use.
bool is_permanent(const failure& why) {
  switch (why.decision()) {
    case verdict::permanent:
    case verdict::corrupt:
      return true;
    case verdict::retry:
    case verdict::refuse:
      return false;
  }
  return false;
}

}  // namespace

snapshot_run::snapshot_run(async::executor on, async::task_registry& tasks, async::blocking_pool& pool,
                           const config::settings& with, position_keeper& keeper, pipeline::flow& flow,
                           async::byte_budget& budget)
    : on_(on),
      tasks_(tasks),
      pool_(pool),
      with_(with),
      keeper_(keeper),
      flow_(flow),
      budget_(budget),
      book_(with.snapshot),
      ordered_(on) {}

async::awaitable<> snapshot_run::run(async::self me, postgres::replication_stream& stream) {
  while (true) {
    if (book_.is_due() && !is_stopping_) {
      std::optional<failure> refused;
      try {
        co_await take(me, stream);
      } catch (const failure& why) {
        if (!is_permanent(why)) throw;
        refused = why;
      }
      if (refused) co_await refuse(me, *refused);
      if (!book_.is_due()) book_.next();
    } else if (book_.has_news()) {
      co_await store(me);
    } else {
      if (book_.is_all_done() && all_done_) std::exchange(all_done_, nullptr)();
      co_await me.wait("a snapshot to be ordered", async::idle, ordered_.wait());
    }
  }
}

/// The stream goes on whatever is wrong with the snapshot.
async::awaitable<> snapshot_run::refuse(async::self me, failure why) {
  if (book_.is_ordered()) {
    log::error("the snapshot of {} is given up: {}", names_of(*book_.current()), why.what());
    book_.give_up(why.what());
    co_return;
  }
  const auto now = steady_clock::now();
  if (problem_.empty()) problem_since_ = now;
  if (now - problem_since_ >= with_.permanent_grace) {
    is_hopeless_ = true;
    throw why;
  }
  if (problem_ != why.what()) {
    log::error("{} (the process ends if this lasts for {} s)", why.what(),
               std::chrono::duration_cast<std::chrono::seconds>(with_.permanent_grace).count());
  }
  problem_ = why.what();
  co_await me.wait("the next attempt at the snapshot", with_.retry_max,
                   ordered_.wait_until(now + with_.retry_max));
}

/// One attempt: ends when the snapshot is done and stored, or throws.
async::awaitable<> snapshot_run::take(async::self me, postgres::replication_stream& stream) {
  auto how = snapshot_settings_of(with_);
  postgres::snapshot_reader reader{on_, tasks_, pool_, std::move(how), stream};
  async::task_scope reading{on_, tasks_};
  admission into{flow_};
  reader_ = &reader;
  reading_ = &reading;
  log::info("a snapshot of {} {}", names_of(*book_.current()),
            book_.current()->stage == event::snapshot_stage::planned ? "begins" : "goes on");
  std::exception_ptr ended;
  try {
    co_await reader.open(me, *book_.current());
    problem_.clear();
    book_.reached(reader.progress());
    co_await store(me);
    co_await prepare_tables(me, reader);
    reading.spawn("snapshot rows", [&](async::self its) { return reader.read(its, into, budget_); });
    co_await follow(me, reader, reading);
  } catch (...) {
    ended = std::current_exception();
  }
  if (ended) co_await boost::asio::this_coro::reset_cancellation_state();
  reading.cancel();
  try {
    co_await me.wait("the snapshot's readers to end", unwinding, reading.join(unwinding));
  } catch (...) {
    if (!ended) ended = std::current_exception();
  }
  const auto seen = reader.status();
  rows_of_ended_ += seen.rows;
  bytes_of_ended_ += seen.bytes;
  reader_ = nullptr;
  reading_ = nullptr;
  if (ended) std::rethrow_exception(ended);
}

/// Hears which ranges are settled, and stores it, until everything is.
async::awaitable<> snapshot_run::follow(async::self me, postgres::snapshot_reader& reader,
                                        async::task_scope& reading) {
  auto next_store = steady_clock::now();
  bool has_settled = false;
  bool is_read = false;
  while (true) {
    for (const auto number : flow_.take_settled_ranges()) {
      reader.settle(number);
      has_settled = true;
    }
    if (reading.first_failure()) std::rethrow_exception(reading.first_failure());
    if (!is_read && reading.size() == 0 && !reading.is_cancelled()) {
      is_read = true;
      // Everything was admitted, so records of one key stay behind it.
      reader.release();
    }
    const auto now = steady_clock::now();
    const bool is_done = is_read && reader.progress().stage == event::snapshot_stage::done;
    if (is_done || (has_settled && (now >= next_store || is_stopping_))) {
      book_.reached(reader.progress());
      has_settled = false;
      co_await store(me);
      next_store = steady_clock::now() + store_interval;
    } else if (book_.has_news() && now >= next_store) {
      co_await store(me);  // an order
    }
    if (is_done) break;
    tell(now);
    co_await me.wait("rows of the snapshot to be delivered", async::idle,
                     flow_.changed().wait_until(now + store_interval));
  }
  flow_.rows_are_read();
  ++taken_;
  log::info("the snapshot at {} is done: {} rows", reader.status().at, reader.status().rows);
}

async::awaitable<> snapshot_run::prepare_tables(async::self me, const postgres::snapshot_reader& reader) {
  if (!prepare_table_) co_return;
  // Partitions may be emitted as the one root.
  std::set<const event::relation*> prepared;
  for (const auto& each : reader.tables()) {
    if (prepared.insert(each.emitted_as.get()).second) co_await prepare_table_(me, each.emitted_as.get());
  }
}

async::awaitable<> snapshot_run::store(async::self me) {
  while (keeper_.is_saving()) {
    co_await me.wait("the last save of the state", async::idle, flow_.changed().wait());
  }
  const auto what = book_.record();
  keeper_.save(what);
  while (keeper_.is_saving()) {
    co_await me.wait("the snapshot's progress to be stored", async::idle, flow_.changed().wait());
  }
  keeper_.rethrow_snapshot_failure();
  book_.stored(what.serial);
}

void snapshot_run::stop() {
  is_stopping_ = true;
  if (reading_ != nullptr) reading_->cancel();
}

admin::taken_order snapshot_run::order(const std::vector<std::string>& tables) {
  try {
    const postgres::table_patterns are_names{tables};
  } catch (const failure& why) {
    return {false, why.what()};
  }
  const auto number = book_.order(tables);
  log::info("a snapshot of {} is ordered", fmt::join(tables, ", "));
  ordered_.notify_all();
  flow_.changed().notify_all();
  return {true, boost::json::serialize(boost::json::object{{"order", number}})};
}

snapshot_view snapshot_run::view() const {
  snapshot_view seen;
  seen.is_active = is_active();
  seen.rows = rows_of_ended_;
  seen.bytes = bytes_of_ended_;
  seen.open_ranges = flow_.book().open_ranges();
  seen.taken = taken_;
  if (reader_ == nullptr) return seen;
  seen.now = reader_->status();
  seen.rows += seen.now.rows;
  seen.bytes += seen.now.bytes;
  return seen;
}

std::string snapshot_run::progress() const {
  if (reader_ == nullptr) return "waiting for the stream";
  const auto now = reader_->status();
  if (now.state != postgres::snapshot_state::reading && now.state != postgres::snapshot_state::read) {
    return fmt::format("{}{}{}", postgres::to_string(now.state), now.waits_for.empty() ? "" : ": ",
                       now.waits_for);
  }
  const auto percent = now.blocks == 0 ? 100 : now.blocks_read * 100 / now.blocks;
  return fmt::format("{} of {} tables, {} %, {} rows{}", now.tables_read, now.tables, percent, now.rows,
                     now.estimated_rows == 0 ? "" : fmt::format(" of about {}", now.estimated_rows));
}

void snapshot_run::tell(steady_time now) {
  static const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  if (now < next_told_) return;
  next_told_ = now + (is_terminal ? std::chrono::seconds{told_to_a_terminal} : told_to_a_file);
  log::info("snapshot: {}", progress());
}

}  // namespace weir::app
