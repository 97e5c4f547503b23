#include "bed.hpp"

#include <base/lsn.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fmt/std.h>

#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>

namespace weir::fault {
namespace {

/// What glibc's arenas and librdkafka's own pools may keep after a fault.
constexpr std::uint64_t memory_tolerance = 6ULL * 1024 * 1024;
/// Two seconds without a change: a look at the slot or a position on its way is none of what is at rest.
constexpr int looks_at_rest = 5;
constexpr auto between_looks = 500ms;
constexpr auto longest_unrest = 60s;

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEIR_FAULT_ASAN 1
#endif
#endif

footprint figures(const support::weir_process& weir) {
  footprint seen;
  std::istringstream lines{weir.get("/metrics").body};
  std::string line;
  // Connections to the admin endpoint are the test's own.
  const std::regex task{R"re(^weir_tasks\{name="([^"]+)"\} (\d+))re"};
  while (std::getline(lines, line)) {
    std::smatch found;
    const auto number = [&](std::string_view name) {
      return std::strtod(line.c_str() + name.size() + 1, nullptr);
    };
    const auto read = [&](std::string_view name, double& into) {
      if (line.starts_with(std::string{name} + " ")) into = number(name);
    };
    if (std::regex_search(line, found, task)) seen.tasks[found[1]] = std::stoi(found[2]);
    read("weir_lanes", seen.lanes);
    read("weir_ledger_transactions", seen.transactions);
    read("weir_unconfirmed_records", seen.unconfirmed_records);
    read("weir_budget_bytes{state=\"used\"}", seen.budget_used);
  }
  const auto known = support::figures_of(weir.pid());
  seen.descriptors = known.descriptors;
  seen.resident_bytes = known.resident_bytes;
  return seen;
}

/// Where each run began: what was stored when it did. The first record of a run is written before anything of
/// it is sent.
std::map<std::uint64_t, lsn> starts_of_runs(support::kafka_client& kafka, const std::string& state_topic) {
  std::map<std::uint64_t, lsn> starts;
  const std::regex form{R"re("lsn":"([0-9A-F/]+)","run":(\d+))re"};
  for (const auto& each : kafka.read({state_topic})) {
    std::smatch found;
    if (!each.value || !std::regex_search(*each.value, found, form)) continue;
    const auto at = lsn::parse(found[1].str());
    REQUIRE(at.has_value());
    starts.try_emplace(std::stoull(found[2].str()), *at);
  }
  return starts;
}

}  // namespace

bool is_long() { return std::getenv("WEIR_TEST_LONG") != nullptr; }

unsigned seed() {
  constexpr unsigned usual = 20;
  const char* given = std::getenv("WEIR_TEST_SEED");
  return given != nullptr ? static_cast<unsigned>(std::stoul(given)) : usual;
}

bool is_sanitized() {
#ifdef WEIR_FAULT_ASAN
  return true;
#else
  return false;
#endif
}

std::chrono::milliseconds generous(std::chrono::milliseconds usual) {
  constexpr int times_slower = 8;
  return is_sanitized() ? times_slower * usual : usual;
}

std::string footprint::describe() const {
  return fmt::format(
      "tasks {}, {} descriptors, {} lanes, {} transactions, {} unconfirmed, {} bytes of budget, {} KiB", tasks,
      descriptors, lanes, transactions, unconfirmed_records, budget_used, resident_bytes / 1024);
}

bool footprint::is_back_at(const footprint& as) const {
  return tasks == as.tasks && descriptors <= as.descriptors && lanes == as.lanes &&
         transactions == as.transactions && unconfirmed_records == as.unconfirmed_records &&
         budget_used == as.budget_used;
}

bed::bed(support::postgres_options options)
    : postgres{std::move(options)}, brokers{support::shared_brokers()} {}

bed::bed(support::kafka_server& own, support::postgres_options options)
    : postgres{std::move(options)}, brokers{own.brokers()} {}

bed::bed(const support::kafka_cluster& own, support::postgres_options options)
    : postgres{std::move(options)}, brokers{own.brokers()} {}

support::kafka_client& bed::kafka() {
  if (!kafka_) kafka_ = std::make_unique<support::kafka_client>(brokers);
  return *kafka_;
}

bed::variables bed::environment(const variables& more) const {
  variables all{{"PGHOST", "127.0.0.1"},   {"PGPORT", std::to_string(postgres.port())},
                {"PGUSER", "postgres"},    {"PGDATABASE", "postgres"},
                {"WEIR_BROKERS", brokers}, {"WEIR_TOPIC_PREFIX", prefix},
                {"WEIR_RETRY_MAX", "1s"},  {"WEIR_LANE_IDLE", "1h"},
                {"WEIR_SNAPSHOT", "never"}};
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

bed::variables bed::postgres_through(std::uint16_t proxy, const variables& more) const {
  auto all = environment(more);
  all["PGPORT"] = std::to_string(proxy);
  return all;
}

bool bed::is_confirmed(const std::string& lsn) {
  return postgres.value("select coalesce(bool_or(confirmed_flush_lsn >= '" + lsn +
                        "'), false) from pg_replication_slots where slot_name = 'weir'") == "t";
}

void bed::drain(support::weir_process& weir, std::chrono::milliseconds bound) {
  const auto end = log_end();
  weir.wait_for("everything up to " + end + " was confirmed", [&] { return is_confirmed(end); }, bound);
}

footprint bed::figures_now(const support::weir_process& weir) { return figures(weir); }

footprint bed::at_quiesce(support::weir_process& weir) {
  drain(weir);
  footprint seen;
  weir.wait_for("nothing was out", [&] {
    seen = figures(weir);
    return seen.unconfirmed_records == 0 && seen.budget_used == 0;
  });
  // The session that looks at the slot is there from its first look on.
  weir.wait_for("a look at the slot",
                [&] { return weir.get("/metrics").body.find("weir_slot_info{") != std::string::npos; });
  int same = 0;
  weir.wait_for(
      "nothing changed any more",
      [&] {
        const auto now = figures(weir);
        same = now.is_back_at(seen) && seen.is_back_at(now) ? same + 1 : 1;
        seen = now;
        if (same < looks_at_rest) support::give_time(between_looks);
        return same >= looks_at_rest;
      },
      longest_unrest);
  return seen;
}

void bed::check_nothing_leaked(support::weir_process& weir, const footprint& before) {
  auto after = at_quiesce(weir);
  const auto has_memory_back = [&] {
    return is_sanitized() || after.resident_bytes < before.resident_bytes + memory_tolerance;
  };
  // What is lazy has an end: connections that the libraries close, looks at the slot, memory that is given
  // back.
  (void)support::eventually(
      [&] {
        if (after.is_back_at(before) && has_memory_back()) return true;
        after = figures(weir);
        return false;
      },
      longest_unrest, 200ms);
  INFO("before: " << before.describe());
  INFO("after:  " << after.describe());
  CHECK(after.tasks == before.tasks);
  CHECK(after.descriptors <= before.descriptors);
  CHECK(after.lanes == before.lanes);
  CHECK(after.transactions == before.transactions);
  CHECK(after.unconfirmed_records == before.unconfirmed_records);
  CHECK(after.budget_used == before.budget_used);
  CHECK(has_memory_back());
}

void bed::move_to(const support::kafka_server& broker) {
  brokers = broker.brokers();
  kafka_.reset();
}

void bed::check_only_unstored_came_again() {
  const auto starts = starts_of_runs(kafka(), prefix + ".state");
  std::vector<std::string> early;
  std::set<std::uint64_t> unknown;
  for (const auto& each : kafka().read_prefix(prefix + ".public.")) {
    const auto seen = support::observe(each);
    const auto start = starts.find(seen.run);
    if (start == starts.end()) {
      unknown.insert(seen.run);
    } else if (seen.at.commit < start->second) {
      early.push_back(fmt::format("run {} began at {} and sent {}", seen.run, start->second, seen.at));
    }
  }
  CHECK(unknown.empty());
  INFO(fmt::format(
      "{}", fmt::join(early.begin(), early.begin() + std::min<std::ptrdiff_t>(5, std::ssize(early)), "\n")));
  CHECK(early.size() == 0);
}

support::judgement bed::check_delivery(const std::vector<std::string>& tables) {
  auto session = postgres.connect();
  auto found = support::judge_delivery(kafka(), prefix, session, tables);
  INFO(found.describe());
  CHECK(found.lost.empty());
  CHECK(found.phantoms.empty());
  CHECK(found.different.empty());
  CHECK(found.reordered.empty());
  CHECK(found.gaps.empty());
  return found;
}

}  // namespace weir::fault
