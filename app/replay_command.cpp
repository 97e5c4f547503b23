#include "replay_command.hpp"

#include "letter_sender.hpp"
#include "one_task.hpp"
#include "wiring.hpp"

#include <base/log.hpp>
#include <filter/moment.hpp>
#include <kafka/topic_reader.hpp>
#include <pipeline/letter_assembly.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <vector>

#include <boost/asio/signal_set.hpp>

namespace weir::app {
namespace {

using namespace std::chrono_literals;

/// What is read before it is sent: enough for full batches, little to hold.
constexpr std::size_t most_letters_at_once = 1000;
constexpr bytes most_bytes_at_once = 8 * mebibyte;
constexpr auto look_around_after = 500ms;
constexpr auto progress_interval = 5s;
constexpr auto patience_for_records = 60s;
/// Failures that are told one by one; the table has all of them.
constexpr std::uint64_t told_one_by_one = 20;

struct counts {
  std::uint64_t found = 0;
  std::uint64_t matched = 0;
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;
  std::uint64_t skipped = 0;
  std::uint64_t incomplete = 0;

  counts& operator+=(const counts& more) {
    found += more.found;
    matched += more.matched;
    sent += more.sent;
    failed += more.failed;
    skipped += more.skipped;
    incomplete += more.incomplete;
    return *this;
  }
};

/// The interrupts of one command. The first asks for an orderly end; after that they are the system's again.
class interrupts {
 public:
  explicit interrupts(const async::executor& on) : signals_(on, SIGINT, SIGTERM) {
    signals_.async_wait([came = came_](boost::system::error_code error, int) { *came = *came || !error; });
  }
  [[nodiscard]] bool came() {
    if (*came_) signals_.clear();
    return *came_;
  }
  void end() { signals_.cancel(); }

 private:
  std::shared_ptr<bool> came_ = std::make_shared<bool>(false);
  boost::asio::signal_set signals_;
};

class replaying {
 public:
  replaying(async::executor on, async::blocking_pool& pool, const config::settings& with,
            const replay_wishes& what, async::task_registry& tasks)
      : pool_(pool),
        with_(with),
        what_(what),
        reader_(on, kafka_options_of(with), with.dead_letter_topic),
        sender_(on, pool, with, tasks),
        assembly_(with.memory),
        interrupts_(on) {}

  async::awaitable<> run(async::self me) {
    std::exception_ptr failed;
    try {
      co_await reader_.open(me, pool_);
      co_await replay(me);
      note_incomplete();
    } catch (...) {
      failed = std::current_exception();
    }
    interrupts_.end();
    co_await sender_.close(me);
    co_await reader_.close(me, pool_);
    if (!failed) co_return;
    if (!by_topic_.empty()) (void)print();
    std::rethrow_exception(failed);
  }

  exit_code print() const {
    counts all;
    fmt::print("{:<40} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10}\n", "topic", "found", "matched",
               what_.is_dry_run ? "to send" : "sent", "failed", "skipped", "incomplete");
    for (const auto& [topic, each] : by_topic_) {
      print_row(topic, each);
      all += each;
    }
    if (by_topic_.size() != 1) print_row("(all)", all);
    if (all.skipped > 0) {
      fmt::print(
          "skipped: letters that hold the raw row of a change that never became a record; they say why in "
          "weir.error\n");
    }
    if (foreign_ > 0) fmt::print("{} records of the topic are no dead letters of weir\n", foreign_);
    if (is_stopped_) fmt::print("stopped by a signal: the rest of the topic was not looked at\n");
    const bool is_all_through = all.failed == 0 && all.incomplete == 0 && !is_stopped_ && !sender_.trouble();
    return is_all_through ? exit_code::clean : exit_code::failed;
  }

 private:
  static void print_row(const std::string& topic, const counts& of) {
    fmt::print("{:<40} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10}\n", topic, of.found, of.matched, of.sent, of.failed,
               of.skipped, of.incomplete);
  }

  async::awaitable<> replay(async::self me) {
    while (!reader_.is_at_end() && !is_enough() && !is_stopped_ && !sender_.trouble()) {
      co_await read_some(me);
      co_await send_some(me);
    }
    if (const auto& trouble = sender_.trouble()) fmt::print(stderr, "weir replay: {}\n", trouble->what());
  }

  async::awaitable<> read_some(async::self me) {
    bytes size = 0;
    auto last_record = steady_clock::now();
    while (letters_.size() < most_letters_at_once && size < most_bytes_at_once && !is_enough()) {
      const auto now = steady_clock::now();
      const auto* record = co_await reader_.next(me, now + look_around_after);
      tell_progress(now);
      is_stopped_ = is_stopped_ || interrupts_.came();
      if (record != nullptr) {
        last_record = now;
        take(*record);
        if (!letters_.empty()) size += letters_.back().size();
      }
      if (reader_.is_at_end() || is_stopped_) co_return;
      if (record != nullptr) continue;
      if (!letters_.empty()) co_return;
      if (now - last_record > patience_for_records) {
        throw failure{verdict::retry, "brokers",
                      fmt::format("topic {}: no record came for {} s", with_.dead_letter_topic,
                                  patience_for_records / 1s)};
      }
    }
  }

  void take(const kafka::lying_record& record) {
    const auto letter = pipeline::read_letter_of(record.what);
    if (!letter) {
      ++foreign_;
      return;
    }
    auto& of_topic = by_topic_[std::string{letter->topic}];
    const bool is_first_part = letter->part == 1;
    if (is_first_part) ++of_topic.found;
    if (!what_.filter.takes(*letter)) return;
    if (letter->holds_raw_row) {
      if (!is_first_part) return;
      ++of_topic.matched;
      ++of_topic.skipped;
      return;
    }
    auto whole = assembly_.add(*letter, {record.partition, record.offset});
    if (!whole) return;
    ++of_topic.matched;
    ++taken_;
    if (what_.is_dry_run) {
      ++of_topic.sent;
      fmt::print("{}/{} {:%FT%TZ} {} -> {} {} {} {} bytes\n", whole->at().partition, whole->at().offset,
                 std::chrono::sys_time<std::chrono::milliseconds>{std::chrono::milliseconds{letter->time_ms}},
                 letter->listener, letter->target, letter->topic, letter->code, whole->size());
    } else {
      letters_.push_back(std::move(*whole));
    }
  }

  async::awaitable<> send_some(async::self me) {
    std::vector<const pipeline::whole_letter*> pointers;
    for (const auto& each : letters_) pointers.push_back(&each);
    const auto fates = co_await sender_.send(me, std::move(pointers));
    for (std::size_t n = 0; n < fates.size(); ++n) {
      auto& of_topic = by_topic_[letters_[n].topic()];
      ++(fates[n].is_sent ? of_topic.sent : of_topic.failed);
      if (!fates[n].is_sent) tell_failure(letters_[n], fates[n]);
    }
    letters_.clear();
  }

  void tell_failure(const pipeline::whole_letter& letter, const letter_fate& fate) {
    if (++told_ > told_one_by_one) return;
    fmt::print(stderr, "not sent: letter {}/{} of listener {}, target {}, for topic {}: {}: {}\n",
               letter.at().partition, letter.at().offset, letter.listener(), letter.target(), letter.topic(),
               fate.code, fate.sentence);
  }

  /// Only of the whole topic can be said what is missing in it.
  void note_incomplete() {
    if (!reader_.is_at_end()) return;
    for (const auto& each : assembly_.incomplete()) {
      auto& of_topic = by_topic_[each.topic];
      if (!each.has_first) ++of_topic.found;
      ++of_topic.matched;
      ++of_topic.incomplete;
      if (++told_ > told_one_by_one) continue;
      fmt::print(
          stderr,
          "not sent: {} of {} parts of a letter of listener {}, target {}, for topic {} (from {}/{} on): {}\n",
          each.came, each.parts, each.listener, each.target, each.topic, each.seen_at.partition,
          each.seen_at.offset,
          each.was_too_large ? "more than WEIR_MEMORY waits for its other parts; filter for fewer letters"
                             : "the others are not in the topic");
    }
  }

  void tell_progress(steady_time now) {
    if (now - last_progress_ < progress_interval) return;
    last_progress_ = now;
    counts all;
    for (const auto& [topic, each] : by_topic_) all += each;
    const auto so_far = reader_.progress();
    log::info("replay: {} of {} offsets of {} read, {} letters found, {} matched, {} sent, {} failed",
              so_far.offsets_done, so_far.offsets, with_.dead_letter_topic, all.found, all.matched, all.sent,
              all.failed);
  }

  [[nodiscard]] bool is_enough() const { return what_.limit && taken_ >= *what_.limit; }

  async::blocking_pool& pool_;
  const config::settings& with_;
  const replay_wishes& what_;
  kafka::topic_reader reader_;
  letter_sender sender_;
  pipeline::letter_assembly assembly_;
  interrupts interrupts_;
  std::vector<pipeline::whole_letter> letters_;
  std::map<std::string, counts> by_topic_;
  std::uint64_t foreign_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t told_ = 0;
  bool is_stopped_ = false;
  steady_time last_progress_ = steady_clock::now();
};

/// Everything of it ends before its loop does.
async::awaitable<> replay_all(async::self me, async::executor on, async::blocking_pool* pool,
                              const config::settings* with, const replay_wishes* what, exit_code* code) {
  replaying all{std::move(on), *pool, *with, *what, me.registry()};
  co_await all.run(me);
  *code = all.print();
}

/// Milliseconds since 1970; nothing when `text` is neither a moment nor a duration.
std::optional<std::int64_t> moment_of(const std::string& text, wall_time now) {
  constexpr std::int64_t ms_of_second = 1000;
  constexpr std::int64_t ns_of_ms = 1'000'000;
  if (const auto moment = filter::timestamp_from_rfc3339(text); moment.is == filter::kind::timestamp) {
    return moment.integer * ms_of_second + static_cast<std::int64_t>(moment.extra) / ns_of_ms;
  }
  const auto ago = filter::duration_from_text(text);
  if (ago.is != filter::kind::duration || ago.integer < 0) return std::nullopt;
  return std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count() - ago.integer / ns_of_ms;
}

/// False after saying what is wrong.
bool read_moment(const char* option, const std::string& text, std::optional<std::int64_t>& into) {
  if (text.empty()) return true;
  into = moment_of(text, wall_now());
  if (!into) {
    fmt::print(stderr,
               "{} {}: neither a moment like 2026-01-31T08:00:00Z nor a duration before now like 2h30m\n",
               option, text);
  }
  return into.has_value();
}

}  // namespace

exit_code replay_command(const config::settings& with, replay_wishes what) {
  const bool is_since_good = read_moment("--since", what.since, what.filter.since_ms);
  if (!read_moment("--until", what.until, what.filter.until_ms) || !is_since_good)
    return exit_code::configuration;
  if (with.sink != config::sink_kind::kafka) {
    fmt::print(stderr, "weir replay: only WEIR_SINK=kafka has a dead-letter topic\n");
    return exit_code::configuration;
  }
  auto code = exit_code::failed;
  try {
    run_one_task("replay", [&](async::self me, async::executor on, async::blocking_pool& pool) {
      return replay_all(me, std::move(on), &pool, &with, &what, &code);
    });
    return code;
  } catch (const std::exception& why) {
    fmt::print(stderr, "weir replay: {}\n", why.what());
    return exit_code::failed;
  }
}

}  // namespace weir::app
